using Laser.Serve.StructuredOutput;

namespace Laser.Serve.Benchmarks.Speculation;

/// <summary>
/// Allows one text and nothing else, so that how often a guess is right is up to the text and not to the model. A state
/// is a position in it.
/// </summary>
internal sealed class ForcedText(IReadOnlyList<int> tokens, int vocabularySize) : TokenConstraint
{
    private readonly ulong[][] _masks = [.. tokens.Select(token =>
    {
        var mask = new ulong[(vocabularySize + 63) / 64];
        mask[token / 64] = 1UL << (token % 64);
        return mask;
    })];

    public override int StartState => 0;

    public override ReadOnlySpan<ulong> AllowedTokens(int state) => _masks[state];

    public override int Advance(int state, int tokenId) => state + 1;

    public override bool CanEnd(int state) => state == _masks.Length;

    public override bool MustEnd(int state) => CanEnd(state);
}
