using Laser.Serve.StructuredOutput;

namespace Laser.Serve.Benchmarks.Sampling;

/// <summary>One state that allows every other token or so: the mask that costs most to apply.</summary>
internal sealed class RandomMaskConstraint : TokenConstraint
{
    private readonly ulong[] _allowed;

    public RandomMaskConstraint(int vocabularySize)
    {
        var random = new Random(1);
        _allowed = new ulong[(vocabularySize + 63) / 64];
        foreach (ref ulong word in _allowed.AsSpan())
        {
            word = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
        }
    }

    public override int StartState => 0;

    public override ReadOnlySpan<ulong> AllowedTokens(int state) => _allowed;

    public override int Advance(int state, int tokenId) => 0;

    public override bool CanEnd(int state) => true;

    public override bool MustEnd(int state) => false;
}
