using Laser.Serve.Engine.Requests;
using Laser.Serve.StructuredOutput;

namespace Laser.Serve.Engine.Sampling;

/// <summary>
/// What the choice of a sequence's next token depends on besides its logits: the request, and the tokens so far.
/// </summary>
internal sealed class SamplingState
{
    private readonly TokenConstraint? _constraint;
    private int _constraintState;

    /// <summary>The state before the first token. Makes all buffers that the sequence will need.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="sequenceIndex">Which of the request's sequences: part of the random numbers' key.</param>
    /// <param name="vocabularySize">Logits per row.</param>
    public SamplingState(GenerationRequest request, int sequenceIndex, int vocabularySize)
    {
        Request = request;
        SequenceIndex = sequenceIndex;
        VocabularySize = vocabularySize;
        _constraint = request.Constraint;
        _constraintState = _constraint?.StartState ?? 0;
    }

    public GenerationRequest Request { get; }

    public int SequenceIndex { get; }

    public int VocabularySize { get; }

    /// <summary>Whether the constraint says that the text is complete and nothing can follow.</summary>
    public bool MustEnd => _constraint is not null && _constraint.MustEnd(_constraintState);

    /// <summary>Notes the next token of the sequence.</summary>
    public void Accept(int tokenId)
    {
        // The one token that a constraint does not know is the one behind the text.
        if (_constraint is not null && !Request.StopTokenIds.Contains(tokenId))
        {
            _constraintState = _constraint.Advance(_constraintState, tokenId);
        }
    }
}
