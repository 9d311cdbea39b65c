namespace Laser.Serve.StructuredOutput;

/// <summary>
/// What a generated text must look like, as an automaton over the tokens of one tokenizer. It has no position of its
/// own: whoever generates keeps the state, a number, so that many sequences share one constraint and a sequence can go
/// back. Thread-safe.
/// </summary>
public abstract class TokenConstraint
{
    /// <summary>The state before the first token.</summary>
    public abstract int StartState { get; }

    /// <summary>
    /// The tokens that may come next: bit <c>id % 64</c> of word <c>id / 64</c> for token <c>id</c>, one bit for every
    /// id of the tokenizer. Special tokens are never among them.
    /// </summary>
    public abstract ReadOnlySpan<ulong> AllowedTokens(int state);

    /// <summary>The state after a token.</summary>
    /// <param name="state">The state before it.</param>
    /// <param name="tokenId">One of <see cref="AllowedTokens"/>.</param>
    public abstract int Advance(int state, int tokenId);

    /// <summary>Whether the text is complete as it is: an end-of-sequence token may come next.</summary>
    public abstract bool CanEnd(int state);

    /// <summary>Whether the text is complete and nothing but its end can follow.</summary>
    public abstract bool MustEnd(int state);
}
