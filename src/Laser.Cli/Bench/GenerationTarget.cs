using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Net.Client;
using Laser.Client;
using Laser.Client.Balancing;
using Laser.Serve.V1;

namespace Laser.Cli.Bench;

/// <summary>
/// The servers, with the connections of <see cref="LaserClient"/> but without its retries and breakers, which would
/// hide what a bench is to count. Calls go round the servers in turn.
/// </summary>
internal sealed class GenerationTarget : IGenerationTarget
{
    private readonly GrpcChannel[] _channels;
    private readonly Generation.GenerationClient[] _clients;
    private readonly Metadata _headers = [];
    private readonly TimeSpan? _timeout;
    private readonly TimeProvider _time;
    private int _turn = -1;

    /// <summary>Makes the channels; they connect with the first call.</summary>
    /// <param name="options">Where the servers are, and how to be let in.</param>
    /// <param name="timeout">The deadline of each call, from its start; null for none.</param>
    /// <exception cref="ArgumentException">An address has another scheme than http or https.</exception>
    public GenerationTarget(LaserClientOptions options, TimeSpan? timeout)
    {
        if (options.Addresses.FirstOrDefault(a => a.Scheme is not ("http" or "https")) is { } other)
        {
            throw new ArgumentException($"Without --retries a bench cannot go to '{other}'; give http:// or https:// addresses.");
        }

        var factory = new ChannelFactory(options);
        _channels = [.. options.Addresses.Select(address => factory.Create(new ServerAddress(address)))];
        _clients = [.. _channels.Select(channel => new Generation.GenerationClient(channel))];
        _timeout = timeout;
        _time = options.TimeProvider;
        if (options.ApiKey is { } key)
        {
            _headers.Add("authorization", $"Bearer {key}");
        }
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<GenerateResponse> GenerateAsync(
        GenerateRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        uint turn = (uint)Interlocked.Increment(ref _turn) % (uint)_clients.Length;
        DateTime? deadline = _timeout is TimeSpan timeout ? _time.GetUtcNow().UtcDateTime + timeout : null;
        using AsyncServerStreamingCall<GenerateResponse> call = _clients[turn].Generate(
            request, new CallOptions(_headers, deadline, cancellationToken));
        while (await call.ResponseStream.MoveNext(CancellationToken.None).ConfigureAwait(false))
        {
            yield return call.ResponseStream.Current;
        }
    }

    public void Dispose() => Array.ForEach(_channels, channel => channel.Dispose());
}
