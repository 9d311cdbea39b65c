using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Laser.Client.Balancing;

/// <summary>
/// One endpoint per address, and the order in which an attempt asks them: round robin over those not passed over and
/// not yet asked by this call, then the others, the one soonest back first.
/// </summary>
internal sealed class EndpointPool : IDisposable
{
    // A server may ask for any time; it must not talk itself out of the rotation.
    private static readonly TimeSpan LongestSkip = TimeSpan.FromMinutes(1);

    private readonly AddressBook _addresses;
    private readonly Func<ServerAddress, ServerEndpoint> _open;
    private readonly TimeSpan _skipDuration;
    private readonly ILogger _logger;
    private readonly Lock _reconciling = new();
    private IReadOnlyList<ServerAddress> _known = [];
    private ServerEndpoint[] _endpoints = [];
    private uint _next;
    private bool _isDisposed;

    public EndpointPool(
        AddressBook addresses, Func<ServerAddress, ServerEndpoint> open, TimeSpan skipDuration, ILogger logger)
    {
        _addresses = addresses;
        _open = open;
        _skipDuration = skipDuration;
        _logger = logger;
    }

    /// <summary>The endpoints in the order in which an attempt asks them.</summary>
    /// <param name="asked">Endpoints that the call has asked already.</param>
    /// <param name="cancellationToken">Stops waiting for the first look-up of a name.</param>
    /// <exception cref="RpcException">UNAVAILABLE: there is no address.</exception>
    /// <exception cref="ObjectDisposedException">The client has been disposed.</exception>
    public async ValueTask<ServerEndpoint[]> OrderAsync(
        IReadOnlySet<ServerEndpoint> asked, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed), typeof(LaserClient));
        await _addresses.EnsureKnownAsync(cancellationToken).ConfigureAwait(false);
        ServerEndpoint[] all = Reconcile();
        if (all.Length == 1)
        {
            return all;
        }

        ServerEndpoint[] fresh = [.. all.Where(endpoint => IsFresh(endpoint, asked))];
        // The turn goes round those that can take it, so that the neighbour of one passed over gets no double share.
        int start = (int)(Interlocked.Increment(ref _next) % (uint)Math.Max(1, fresh.Length));
        return
        [
            .. fresh[start..], .. fresh[..start],
            .. all.Except(fresh).OrderBy(asked.Contains).ThenBy(endpoint => endpoint.SkippedUntil),
        ];
    }

    /// <summary>Whether there is a server that the call has not asked and that is not passed over.</summary>
    public bool HasFresh(IReadOnlySet<ServerEndpoint> asked) =>
        Volatile.Read(ref _endpoints).Any(endpoint => IsFresh(endpoint, asked));

    /// <summary>Learns from the failure of a call.</summary>
    /// <param name="endpoint">The server that was asked.</param>
    /// <param name="error">What came of it.</param>
    /// <param name="retryAfter">The time after which it wants to be asked again, where it said so.</param>
    public void ReportFailure(ServerEndpoint endpoint, RpcException error, TimeSpan? retryAfter)
    {
        if (error.StatusCode is StatusCode.Unavailable or StatusCode.Aborted)
        {
            endpoint.Skip(_skipDuration);
            _addresses.Doubt();
            ClientLog.ServerSkipped(_logger, endpoint.Address, _skipDuration, error.Status.Detail);
        }
        else if (error.StatusCode == StatusCode.ResourceExhausted && retryAfter is { } delay)
        {
            endpoint.Skip(delay < LongestSkip ? delay : LongestSkip);
        }
    }

    public void Dispose()
    {
        lock (_reconciling)
        {
            Volatile.Write(ref _isDisposed, true);
            foreach (ServerEndpoint endpoint in _endpoints)
            {
                endpoint.Close();
            }
        }
    }

    private static bool IsFresh(ServerEndpoint endpoint, IReadOnlySet<ServerEndpoint> asked) =>
        !endpoint.IsSkipped && !asked.Contains(endpoint);

    // What is still there keeps its connection; what is gone serves the calls that it has.
    private ServerEndpoint[] Reconcile()
    {
        if (ReferenceEquals(_addresses.Current, Volatile.Read(ref _known)))
        {
            return Volatile.Read(ref _endpoints);
        }

        lock (_reconciling)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(LaserClient));
            IReadOnlyList<ServerAddress> addresses = _addresses.Current;
            Dictionary<ServerAddress, ServerEndpoint> gone = _endpoints.ToDictionary(endpoint => endpoint.Address);
            ServerEndpoint[] current =
            [
                .. addresses.Distinct().Select(
                    address => gone.Remove(address, out ServerEndpoint? old) ? old : _open(address)),
            ];
            foreach (ServerEndpoint endpoint in gone.Values)
            {
                endpoint.Retire();
            }

            ClientLog.AddressesChanged(_logger, current.Length);
            Volatile.Write(ref _endpoints, current);
            Volatile.Write(ref _known, addresses);
            return current;
        }
    }
}
