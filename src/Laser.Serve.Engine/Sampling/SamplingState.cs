using Laser.Serve.Engine.Requests;
using Laser.Serve.StructuredOutput;

namespace Laser.Serve.Engine.Sampling;

/// <summary>
/// What the choice of a sequence's next token depends on besides its logits: the request, and the tokens so far.
/// </summary>
internal sealed class SamplingState
{
    private readonly TokenRules? _rules;
    private readonly Penalties? _penalties;
    private readonly TokenConstraint? _constraint;
    private readonly int[] _stopTokenIds;
    private readonly float[] _stopLogits;
    private int _constraintState;
    private int _generatedCount;

    /// <summary>The state before the first token. Makes all buffers that the sequence will need.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="sequenceIndex">Which of the request's sequences: part of the random numbers' key.</param>
    /// <param name="vocabularySize">Logits per row.</param>
    public SamplingState(GenerationRequest request, int sequenceIndex, int vocabularySize)
    {
        Request = request;
        SequenceIndex = sequenceIndex;
        _rules = TokenRules.For(request, vocabularySize);
        _penalties = Penalties.For(request, vocabularySize);
        _constraint = request.Constraint;
        _constraintState = _constraint?.StartState ?? 0;
        _stopTokenIds = [.. request.StopTokenIds.Where(id => id >= 0 && id < vocabularySize)];
        _stopLogits = new float[_stopTokenIds.Length];
    }

    public GenerationRequest Request { get; }

    public int SequenceIndex { get; }

    /// <summary>Whether <see cref="TryAdjust"/> does anything.</summary>
    public bool Adjusts => _rules is not null || _penalties is not null || _constraint is not null || StopsTooSoon;

    /// <summary>Whether the last <see cref="TryAdjust"/> left no token.</summary>
    public bool NothingAllowed { get; private set; }

    /// <summary>Whether the constraint says that the text is complete and nothing can follow.</summary>
    public bool MustEnd => _constraint is not null && _constraint.MustEnd(_constraintState);

    private bool StopsTooSoon => _generatedCount < Request.MinTokens && _stopTokenIds.Length > 0;

    /// <summary>
    /// Does to a row of finite logits all that comes before the temperature. What may not follow gets negative
    /// infinity.
    /// </summary>
    /// <param name="logits">One per token id.</param>
    /// <param name="max">The largest one afterwards.</param>
    /// <returns>False if nothing may follow.</returns>
    public bool TryAdjust(Span<float> logits, out float max)
    {
        _rules?.Apply(logits);
        if (_constraint is not null)
        {
            ApplyConstraint(_constraint, logits);
        }

        if (StopsTooSoon)
        {
            BanStopTokens(logits);
        }

        _penalties?.Apply(logits);
        max = LogitRow.MaxOf(logits);
        NothingAllowed = float.IsNegativeInfinity(max);
        return !NothingAllowed;
    }

    /// <summary>Notes the next token of the sequence.</summary>
    public void Accept(int tokenId)
    {
        _generatedCount++;
        _penalties?.Count(tokenId);

        // A stop token stands behind the text, of which alone the constraint knows.
        if (_constraint is not null && !_stopTokenIds.Contains(tokenId))
        {
            _constraintState = _constraint.Advance(_constraintState, tokenId);
        }
    }

    private void ApplyConstraint(TokenConstraint constraint, Span<float> logits)
    {
        for (int i = 0; i < _stopTokenIds.Length; i++)
        {
            _stopLogits[i] = logits[_stopTokenIds[i]];
        }

        TokenMask.Apply(constraint.AllowedTokens(_constraintState), logits);
        if (!constraint.CanEnd(_constraintState))
        {
            BanStopTokens(logits);
            return;
        }

        for (int i = 0; i < _stopTokenIds.Length; i++)
        {
            logits[_stopTokenIds[i]] = _stopLogits[i];
        }
    }

    private void BanStopTokens(Span<float> logits)
    {
        foreach (int id in _stopTokenIds)
        {
            logits[id] = float.NegativeInfinity;
        }
    }
}
