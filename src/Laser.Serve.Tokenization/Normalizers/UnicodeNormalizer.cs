using System.Text;

namespace Laser.Serve.Tokenization.Normalizers;

/// <summary>
/// The Unicode normalization forms NFC, NFD, NFKC and NFKD. <see cref="string.Normalize(NormalizationForm)"/> cannot
/// be used: where globalization is invariant it returns its argument as it is, without an error.
/// </summary>
/// <remarks>Unicode Standard Annex 15; Hangul by chapter 3.12 of the standard.</remarks>
internal sealed class UnicodeNormalizer(bool compatible, bool compose) : INormalizer
{
    private readonly UnicodeNormalizationData _data = UnicodeNormalizationData.Instance;

    // Nothing below these decomposes, is a mark, or composes with what comes before it.
    private readonly char _firstOfInterest = compatible ? '\u00A0' : compose ? '\u0300' : '\u00C0';

    public bool KeepsStart => true;

    public string Normalize(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange(_firstOfInterest, char.MaxValue) < 0)
        {
            return text;
        }

        List<int> scalars = Decompose(text);
        SortMarks(scalars);
        int count = compose ? Compose(scalars) : scalars.Count;

        var result = new StringBuilder(text.Length);
        for (int i = 0; i < count; i++)
        {
            result.Append(new Rune(scalars[i]).ToString());
        }

        return result.ToString();
    }

    private List<int> Decompose(string text)
    {
        var scalars = new List<int>(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (_data.TryDecompose(rune.Value, compatible, out int[]? parts))
            {
                scalars.AddRange(parts);
            }
            else
            {
                Hangul.Decompose(rune.Value, scalars);
            }
        }

        return scalars;
    }

    // A stable sort by combining class of each run of marks; not by insertion, as a hostile text may be one long run.
    private void SortMarks(List<int> scalars)
    {
        for (int start = 0; start < scalars.Count; start++)
        {
            if (_data.CombiningClass(scalars[start]) == 0)
            {
                continue;
            }

            int end = start + 1;
            while (end < scalars.Count && _data.CombiningClass(scalars[end]) != 0)
            {
                end++;
            }

            if (end - start > 1)
            {
                int[] sorted = [.. scalars.GetRange(start, end - start).OrderBy(_data.CombiningClass)];
                for (int i = 0; i < sorted.Length; i++)
                {
                    scalars[start + i] = sorted[i];
                }
            }

            start = end;
        }
    }

    /// <summary>Composes in place and returns how many characters are left.</summary>
    private int Compose(List<int> scalars)
    {
        int starter = -1;
        int count = 0;
        int lastClass = 0;
        for (int i = 0; i < scalars.Count; i++)
        {
            int scalar = scalars[i];
            int combiningClass = _data.CombiningClass(scalar);

            // A mark is blocked by one of its own class before it, a starter by anything between.
            bool blocked = count - 1 > starter && lastClass >= combiningClass;
            if (starter >= 0 && !blocked && TryCompose(scalars[starter], scalar, out int composed))
            {
                scalars[starter] = composed;
                continue;
            }

            if (combiningClass == 0)
            {
                starter = count;
            }

            lastClass = combiningClass;
            scalars[count++] = scalar;
        }

        return count;
    }

    private bool TryCompose(int first, int second, out int composed)
    {
        return Hangul.TryCompose(first, second, out composed) || _data.TryCompose(first, second, out composed);
    }
}
