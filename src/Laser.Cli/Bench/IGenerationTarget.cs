using Laser.Serve.V1;

namespace Laser.Cli.Bench;

/// <summary>The servers that a bench puts under load.</summary>
internal interface IGenerationTarget : IDisposable
{
    /// <inheritdoc cref="GenerateCall"/>
    IAsyncEnumerable<GenerateResponse> GenerateAsync(GenerateRequest request, CancellationToken cancellationToken);
}
