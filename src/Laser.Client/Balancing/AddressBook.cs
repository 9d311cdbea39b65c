using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Laser.Client.Balancing;

/// <summary>
/// The addresses of all servers: those given, and those that the given DNS names have. Names are looked up before the
/// first call, then in the background of later ones; while that fails, the addresses of the last time stay.
/// </summary>
internal sealed class AddressBook
{
    // A burst of failures asks for one look-up, not for one each.
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(1);

    private readonly ServerAddress[] _fixed;
    private readonly DnsName[] _names;
    private readonly string _scheme;
    private readonly AddressResolver _resolver;
    private readonly TimeProvider _time;
    private readonly TimeSpan _interval;
    private readonly ILogger _logger;
    private readonly Lock _lookup = new();
    private Task? _running;
    private IReadOnlyList<ServerAddress> _current = [];
    private DateTimeOffset _lookedUp;
    private bool _isDoubtful;

    public AddressBook(LaserClientOptions options, AddressResolver resolver, ILogger logger)
    {
        _names = [.. options.Addresses.Where(uri => uri.Scheme == DnsName.Scheme).Select(DnsName.Parse)];
        _fixed = [.. options.Addresses.Where(uri => uri.Scheme != DnsName.Scheme).Select(uri => new ServerAddress(uri))];
        _scheme = options.Tls is null ? Uri.UriSchemeHttp : Uri.UriSchemeHttps;
        _resolver = resolver;
        _time = options.TimeProvider;
        _interval = options.DnsRefreshInterval;
        _logger = logger;
        if (_names.Length == 0)
        {
            _current = _fixed;
        }
    }

    /// <summary>The addresses as far as they are known.</summary>
    public IReadOnlyList<ServerAddress> Current => Volatile.Read(ref _current);

    /// <summary>Waits until there are addresses, and has them looked up again where it is time to.</summary>
    /// <exception cref="RpcException">UNAVAILABLE: a name cannot be looked up, or has no address.</exception>
    public Task EnsureKnownAsync(CancellationToken cancellationToken)
    {
        if (_names.Length == 0)
        {
            return Task.CompletedTask;
        }

        lock (_lookup)
        {
            bool isKnown = Current.Count > 0;
            if (isKnown && (!IsDue() || _running is not null))
            {
                return Task.CompletedTask;
            }

            _running ??= LookUpAsync();
            return isKnown ? Task.CompletedTask : _running.WaitAsync(cancellationToken);
        }
    }

    /// <summary>A server does not answer; perhaps it has moved.</summary>
    public void Doubt()
    {
        lock (_lookup)
        {
            _isDoubtful = true;
        }
    }

    private bool IsDue() => _time.GetUtcNow() - _lookedUp >= (_isDoubtful ? Min(ShortestInterval, _interval) : _interval);

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private async Task LookUpAsync()
    {
        await Task.Yield(); // out of the lock
        IReadOnlyList<ServerAddress> found = Current;
        try
        {
            IEnumerable<ServerAddress>[] perName =
                await Task.WhenAll(_names.Select(LookUpAsync)).ConfigureAwait(false);
            ServerAddress[] all = [.. _fixed.Concat(perName.SelectMany(addresses => addresses)).Distinct()];
            found = new HashSet<ServerAddress>(found).SetEquals(all) ? found : all; // DNS shuffles what it answers
        }
        catch (RpcException e) when (found.Count > 0)
        {
            ClientLog.LookUpFailed(_logger, e.Status.Detail, found.Count);
        }
        finally
        {
            lock (_lookup)
            {
                Volatile.Write(ref _current, found);
                _lookedUp = _time.GetUtcNow();
                _isDoubtful = false;
                _running = null;
            }
        }
    }

    private async Task<IEnumerable<ServerAddress>> LookUpAsync(DnsName name)
    {
        try
        {
            IPAddress[] addresses = await _resolver(name.Host, CancellationToken.None).ConfigureAwait(false);
            var uri = new Uri($"{_scheme}://{name.Host}:{name.Port}");
            return addresses.Length > 0
                ? addresses.Select(address => new ServerAddress(uri, address))
                : throw Unknown(name, "it has no address", null);
        }
        catch (SocketException e)
        {
            throw Unknown(name, e.Message, e);
        }
    }

    private static RpcException Unknown(DnsName name, string problem, Exception? cause) => new(new Status(
        StatusCode.Unavailable, $"The name '{name.Host}' cannot be looked up: {problem}.", cause));
}
