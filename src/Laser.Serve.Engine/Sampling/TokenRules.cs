using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Engine.Sampling;

/// <summary>
/// What a request says of single tokens: bias, allowed and banned ones. Stop tokens are always among the allowed.
/// </summary>
internal sealed class TokenRules
{
    private readonly int[] _biasedIds;
    private readonly float[] _biases;
    private readonly ulong[]? _allowed;
    private readonly int[] _bannedIds;

    private TokenRules(GenerationRequest request, int vocabularySize)
    {
        SamplingParams sampling = request.Sampling;
        _biasedIds = [.. sampling.LogitBias.Select(bias => bias.Key)];
        _biases = [.. sampling.LogitBias.Select(bias => bias.Value)];
        _bannedIds = [.. sampling.BannedTokenIds];
        if (sampling.AllowedTokenIds.Count > 0)
        {
            IEnumerable<int> stops = request.StopTokenIds.Where(id => id >= 0 && id < vocabularySize);
            _allowed = TokenMask.Of(sampling.AllowedTokenIds.Concat(stops), vocabularySize);
        }
    }

    /// <summary>The rules of a request; null if it has none.</summary>
    public static TokenRules? For(GenerationRequest request, int vocabularySize) =>
        request.Sampling is { LogitBias.Count: 0, AllowedTokenIds.Count: 0, BannedTokenIds.Count: 0 }
            ? null
            : new TokenRules(request, vocabularySize);

    /// <summary>Applies them; what may not be generated gets negative infinity.</summary>
    public void Apply(Span<float> logits)
    {
        for (int i = 0; i < _biasedIds.Length; i++)
        {
            logits[_biasedIds[i]] += _biases[i];
        }

        if (_allowed is not null)
        {
            TokenMask.Apply(_allowed, logits);
        }

        foreach (int id in _bannedIds)
        {
            logits[id] = float.NegativeInfinity;
        }
    }
}
