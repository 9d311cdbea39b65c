using System.Diagnostics.CodeAnalysis;
using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Engine.Sampling;

/// <summary>
/// Chooses a token from a row of logits: what the sequence's state does to them, then the likeliest, or a draw. Works
/// in buffers of its own and in the row itself, which is overwritten. The answer depends on the arguments alone.
/// </summary>
internal sealed class Sampler
{
    private readonly TokenDraw _draw;
    private readonly Logprobs _logprobs;
    private readonly float[] _modelLogits;

    public Sampler(int vocabularySize)
    {
        var candidates = new Candidates(vocabularySize);
        _draw = new TokenDraw(candidates, vocabularySize);
        _logprobs = new Logprobs(candidates);
        _modelLogits = new float[vocabularySize];
    }

    /// <summary>
    /// Chooses, or returns false where a logit is not finite or <see cref="SamplingState.NothingAllowed"/>.
    /// </summary>
    /// <param name="logits">One per token id; overwritten.</param>
    /// <param name="state">How.</param>
    /// <param name="position">Where the token will stand in its sequence: part of the random number's key.</param>
    /// <param name="token">The token.</param>
    public bool TrySample(Span<float> logits, SamplingState state, int position, out SampledToken token)
    {
        token = default;
        if (!LogitRow.TryGetMax(logits, out float modelMax))
        {
            return false;
        }

        int? topCount = state.Request.TopLogprobs;
        if (topCount is not null)
        {
            logits.CopyTo(_modelLogits);
        }

        float max = modelMax;
        if (state.Adjusts && !state.TryAdjust(logits, out max))
        {
            return false;
        }

        int tokenId = Choose(logits, max, state, position);
        token = topCount is int count
            ? new SampledToken(tokenId, _logprobs.Read(_modelLogits, modelMax, tokenId, count))
            : new SampledToken(tokenId);
        return true;
    }

    /// <summary>What the model thinks of a token that is given, or false where a logit is not finite.</summary>
    /// <param name="logits">One per token id.</param>
    /// <param name="tokenId">The token.</param>
    /// <param name="topCount">How many of the likeliest in its place.</param>
    /// <param name="logprob">The answer.</param>
    public bool TryScore(
        ReadOnlySpan<float> logits, int tokenId, int topCount, [NotNullWhen(true)] out TokenLogprob? logprob)
    {
        logprob = LogitRow.TryGetMax(logits, out float max) ? _logprobs.Read(logits, max, tokenId, topCount) : null;
        return logprob is not null;
    }

    private int Choose(Span<float> logits, float max, SamplingState state, int position)
    {
        SamplingParams sampling = state.Request.Sampling;
        return sampling.Temperature == 0
            ? LogitRow.FirstIndexOf(logits, max)
            : _draw.Draw(logits, max, sampling, Philox.Uniform(sampling.Seed, state.SequenceIndex, position));
    }
}
