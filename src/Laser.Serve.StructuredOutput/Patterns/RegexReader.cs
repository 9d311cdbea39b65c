using System.Buffers;
using System.Text;

namespace Laser.Serve.StructuredOutput.Patterns;

/// <summary>The characters of a regular expression, one by one.</summary>
internal sealed class RegexReader(string pattern, SpecPlace place)
{
    public int Position { get; private set; }

    public bool AtEnd => Position == pattern.Length;

    public bool IsNext(char c) => !AtEnd && pattern[Position] == c;

    public bool IsNext(string text) => pattern.AsSpan(Position).StartsWith(text, StringComparison.Ordinal);

    public int Take()
    {
        if (AtEnd)
        {
            throw Error("the pattern ends too early");
        }

        if (Rune.DecodeFromUtf16(pattern.AsSpan(Position), out Rune rune, out int length) != OperationStatus.Done)
        {
            throw Error("a surrogate without its partner");
        }

        Position += length;
        return rune.Value;
    }

    public bool TryTake(char c)
    {
        if (!IsNext(c))
        {
            return false;
        }

        Position++;
        return true;
    }

    public void Expect(char c)
    {
        if (!TryTake(c))
        {
            throw Error($"'{c}' expected");
        }
    }

    /// <summary>A decimal number of at most five digits, if one is next.</summary>
    public int? TakeNumber()
    {
        int start = Position;
        while (!AtEnd && char.IsAsciiDigit(pattern[Position]) && Position - start < 5)
        {
            Position++;
        }

        return Position == start ? null : int.Parse(pattern.AsSpan(start, Position - start), provider: null);
    }

    /// <summary>Hexadecimal digits, at least and at most so many.</summary>
    public int TakeHex(int least, int most)
    {
        int value = 0;
        int count = 0;
        for (; count < most && !AtEnd && char.IsAsciiHexDigit(pattern[Position]); count++)
        {
            value = (value << 4) + Convert.ToInt32(pattern[Position++].ToString(), 16);
        }

        return count >= least ? value : throw Error("hexadecimal digits expected");
    }

    /// <summary>An error at the place that was read last, or at an earlier one.</summary>
    public ConstraintException Error(string problem, int? position = null)
    {
        return place.Offset(position ?? Position).Error(problem);
    }
}
