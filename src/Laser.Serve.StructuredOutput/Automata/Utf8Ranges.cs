using System.Text;

namespace Laser.Serve.StructuredOutput.Automata;

/// <summary>
/// Splits a range of characters into products of byte ranges: their UTF-8 is then "a byte of the first range, a byte of
/// the second" and so on. Nothing ill-formed fits such a product.
/// </summary>
internal static class Utf8Ranges
{
    private const int BitsPerContinuation = 6;

    private static readonly int[] LastOfLength = [0x7F, 0x7FF, 0xFFFF, 0x10FFFF];

    /// <summary>Calls <paramref name="add"/> with each product.</summary>
    /// <param name="first">The first character.</param>
    /// <param name="last">The last one; no surrogate is between them.</param>
    /// <param name="add">Gets the ranges of the bytes, 1 to 4.</param>
    public static void Split(int first, int last, Action<(byte First, byte Last)[]> add)
    {
        foreach (int border in LastOfLength)
        {
            if (first <= border)
            {
                int end = Math.Min(last, border);
                SplitSameLength(first, end, add);
                first = end + 1;
                if (first > last)
                {
                    return;
                }
            }
        }
    }

    // A product needs the full range of a continuation byte wherever the bytes before it vary.
    private static void SplitSameLength(int first, int last, Action<(byte First, byte Last)[]> add)
    {
        for (int bits = BitsPerContinuation; bits < 21; bits += BitsPerContinuation)
        {
            int low = (1 << bits) - 1;
            if ((first & ~low) == (last & ~low) || (last <= 0x7F))
            {
                continue;
            }

            int border = (first & low) != 0 ? first | low : (last & low) != low ? (last & ~low) - 1 : last;
            if (border < last)
            {
                SplitSameLength(first, border, add);
                SplitSameLength(border + 1, last, add);
                return;
            }
        }

        Span<byte> firstBytes = stackalloc byte[4];
        Span<byte> lastBytes = stackalloc byte[4];
        int length = new Rune(first).EncodeToUtf8(firstBytes);
        new Rune(last).EncodeToUtf8(lastBytes);
        var product = new (byte First, byte Last)[length];
        for (int i = 0; i < length; i++)
        {
            product[i] = (firstBytes[i], lastBytes[i]);
        }

        add(product);
    }
}
