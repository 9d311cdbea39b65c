using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Laser.Serve.Engine.Sampling;

/// <summary>
/// Sets of tokens as bits: <c>id % 64</c> of word <c>id / 64</c>, as <see cref="StructuredOutput.TokenConstraint"/>
/// gives them. An id behind the last word is in no set.
/// </summary>
internal static class TokenMask
{
    private const int WordBits = 64;

    /// <summary>The set of some ids, all of them below <paramref name="vocabularySize"/>.</summary>
    public static ulong[] Of(IEnumerable<int> ids, int vocabularySize)
    {
        var words = new ulong[(vocabularySize + WordBits - 1) / WordBits];
        foreach (int id in ids)
        {
            words[id / WordBits] |= 1UL << (id % WordBits);
        }

        return words;
    }

    /// <summary>Makes the logits of tokens outside a set negative infinity.</summary>
    public static void Apply(ReadOnlySpan<ulong> allowed, Span<float> logits)
    {
        int whole = Math.Min(allowed.Length, logits.Length / WordBits);
        for (int i = 0; i < whole; i++)
        {
            ApplyWord(allowed[i], logits.Slice(i * WordBits, WordBits));
        }

        ulong last = whole < allowed.Length ? allowed[whole] : 0;
        Span<float> rest = logits[(whole * WordBits)..];
        for (int i = 0; i < rest.Length; i++)
        {
            if (i >= WordBits || (last >> i & 1) == 0)
            {
                rest[i] = float.NegativeInfinity;
            }
        }
    }

    // Most words of most sets are all or nothing.
    private static void ApplyWord(ulong word, Span<float> logits)
    {
        if (word == ulong.MaxValue)
        {
            return;
        }

        if (word == 0)
        {
            logits.Fill(float.NegativeInfinity);
            return;
        }

        Vector256<int> laneBits = Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128);
        Vector256<float> excluded = Vector256.Create(float.NegativeInfinity);
        foreach (ref Vector256<float> x in MemoryMarshal.Cast<float, Vector256<float>>(logits))
        {
            Vector256<int> bits = Vector256.Create((int)(word & 0xFF)) & laneBits;
            Vector256<float> outside = Vector256.Equals(bits, Vector256<int>.Zero).AsSingle();
            x = Vector256.ConditionalSelect(outside, excluded, x);
            word >>= Vector256<float>.Count;
        }
    }
}
