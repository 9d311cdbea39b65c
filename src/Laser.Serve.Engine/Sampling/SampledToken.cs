using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Engine.Sampling;

/// <summary>A token that was chosen.</summary>
/// <param name="TokenId">The token.</param>
/// <param name="Logprob">What the model itself thought of it, where the request wants to know.</param>
internal readonly record struct SampledToken(int TokenId, TokenLogprob? Logprob = null);
