using System.Buffers;
using System.Text;

namespace Laser.Serve.Tokenization.Patterns;

/// <summary>The characters of a regular expression, one by one.</summary>
internal sealed class PatternReader(string pattern)
{
    private int _position;

    public bool AtEnd => _position == pattern.Length;

    public bool IsNext(char c)
    {
        return !AtEnd && pattern[_position] == c;
    }

    public int Peek()
    {
        return Rune.DecodeFromUtf16(pattern.AsSpan(_position), out Rune rune, out _) == OperationStatus.Done
            ? rune.Value
            : throw Error("unexpected end");
    }

    public int Take()
    {
        int scalar = Peek();
        _position += scalar > char.MaxValue ? 2 : 1;
        return scalar;
    }

    public bool TryTake(char c)
    {
        if (!IsNext(c))
        {
            return false;
        }

        _position++;
        return true;
    }

    public void Expect(char c)
    {
        if (!TryTake(c))
        {
            throw Error($"'{c}' expected");
        }
    }

    /// <summary>A decimal number of at most four digits, if one is next.</summary>
    public int? TakeNumber()
    {
        int start = _position;
        while (!AtEnd && char.IsAsciiDigit(pattern[_position]) && _position - start < 4)
        {
            _position++;
        }

        return _position == start ? null : int.Parse(pattern.AsSpan(start, _position - start), provider: null);
    }

    /// <summary>All up to a character, which is taken too.</summary>
    public string TakeUntil(char end)
    {
        int length = pattern.AsSpan(_position).IndexOf(end);
        if (length < 0)
        {
            throw Error($"'{end}' expected");
        }

        string text = pattern.Substring(_position, length);
        _position += length + 1;
        return text;
    }

    /// <summary>Up to so many hexadecimal digits.</summary>
    public string TakeHex(int most)
    {
        int start = _position;
        while (!AtEnd && char.IsAsciiHexDigit(pattern[_position]) && _position - start < most)
        {
            _position++;
        }

        return pattern[start.._position];
    }

    public PatternSyntaxException Error(string problem)
    {
        return new PatternSyntaxException(problem, _position);
    }
}
