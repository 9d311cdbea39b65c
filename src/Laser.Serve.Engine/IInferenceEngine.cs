using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Engine;

/// <summary>The door to a model.</summary>
public interface IInferenceEngine
{
    /// <summary>Generates; ends with an output whose <see cref="TokenOutput.Final"/> is set.</summary>
    /// <param name="request">What to generate.</param>
    /// <param name="cancellationToken">
    /// Cancelling it (or disposing the enumerator early) frees the sequence's blocks within one step.
    /// </param>
    /// <exception cref="EngineException">Refused, or failed on the way.</exception>
    IAsyncEnumerable<TokenOutput> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken);
}
