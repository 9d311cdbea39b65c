using Laser.Client;
using Laser.Serve.V1;

namespace Laser.Cli.Bench;

/// <summary>
/// The servers as users of <see cref="LaserClient"/> see them: what no server took is tried again at another one.
/// </summary>
internal sealed class RetryingTarget : IGenerationTarget
{
    private readonly LaserClient _client;
    private readonly LaserCallOptions _call;

    /// <summary>Makes the client; it connects with the first call.</summary>
    /// <param name="options">Where the servers are, and how to be let in.</param>
    /// <param name="retries">Times that a call is tried again.</param>
    /// <param name="timeout">The deadline of each call with all its attempts; null for none.</param>
    public RetryingTarget(LaserClientOptions options, int retries, TimeSpan? timeout)
    {
        options.Resilience.MaxRetries = retries;
        options.FirstTokenTimeout = null;
        _client = new LaserClient(options);
        _call = new LaserCallOptions { TotalTimeout = timeout };
    }

    /// <inheritdoc />
    public IAsyncEnumerable<GenerateResponse> GenerateAsync(
        GenerateRequest request, CancellationToken cancellationToken) =>
        _client.GenerateAsync(request, _call, cancellationToken);

    public void Dispose() => _client.Dispose();
}
