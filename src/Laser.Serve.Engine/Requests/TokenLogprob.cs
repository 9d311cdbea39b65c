namespace Laser.Serve.Engine.Requests;

/// <summary>
/// Natural logarithm of the probability that the model itself gives to a token, before any sampling parameter.
/// </summary>
/// <param name="TokenId">The token.</param>
/// <param name="Logprob">Its log-probability.</param>
/// <param name="Rank">1 for the likeliest token; of equal ones the lower id comes first.</param>
/// <param name="Top">The likeliest tokens in its place, likeliest first; as many as asked for.</param>
public sealed record TokenLogprob(int TokenId, float Logprob, int Rank, IReadOnlyList<CandidateLogprob> Top);

/// <summary>One of the likeliest tokens.</summary>
/// <param name="TokenId">The token.</param>
/// <param name="Logprob">Its log-probability.</param>
public readonly record struct CandidateLogprob(int TokenId, float Logprob);
