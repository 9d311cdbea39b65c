using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Engine;

/// <summary>The door to a model.</summary>
public interface IInferenceEngine
{
    /// <summary>
    /// Generates. Outputs of the request's sequences come as they do, each sequence ending with one whose
    /// <see cref="TokenOutput.Final"/> is set; the last of these is the last output.
    /// </summary>
    /// <param name="request">What to generate.</param>
    /// <param name="cancellationToken">
    /// Cancelling it (or disposing the enumerator early) frees the request's blocks within one step.
    /// </param>
    /// <exception cref="EngineException">Refused, or failed on the way.</exception>
    IAsyncEnumerable<TokenOutput> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken);
}
