using Laser.Serve.StructuredOutput.Expressions;

namespace Laser.Serve.StructuredOutput.Patterns;

/// <summary>What stands behind a backslash: a class, or one character.</summary>
/// <param name="Set">The class, if it is one.</param>
/// <param name="Character">The character, if it is none.</param>
internal readonly record struct RegexEscape(ScalarSet? Set, int Character)
{
    /// <summary>Reads on behind the backslash.</summary>
    public static RegexEscape Read(RegexReader reader, bool inClass)
    {
        int start = reader.Position - 1;
        int c = reader.Take();
        if (FindClass(c) is ScalarSet set)
        {
            return new RegexEscape(set, 0);
        }

        return new RegexEscape(null, c switch
        {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'f' => '\f',
            'v' => '\v',
            'b' when inClass => '\b',
            'x' => reader.TakeHex(2, 2),
            'u' => ReadUnicode(reader, start),
            '0' when reader.TakeNumber() is null => 0,
            _ when c < 128 && (char.IsPunctuation((char)c) || char.IsSymbol((char)c)) && c != '_' => c,
            _ => throw Unsupported(reader, c, start),
        });
    }

    private static ScalarSet? FindClass(int c) => c switch
    {
        'd' => RegexClasses.Digit,
        'D' => RegexClasses.Digit.Complement(),
        'w' => RegexClasses.Word,
        'W' => RegexClasses.Word.Complement(),
        's' => RegexClasses.Space,
        'S' => RegexClasses.Space.Complement(),
        _ => null,
    };

    private static int ReadUnicode(RegexReader reader, int start)
    {
        int scalar;
        if (reader.TryTake('{'))
        {
            scalar = reader.TakeHex(1, 6);
            reader.Expect('}');
        }
        else
        {
            scalar = reader.TakeHex(4, 4);
            if (scalar is >= 0xD800 and < 0xDC00 && reader.IsNext("\\u"))
            {
                reader.Take();
                reader.Take();
                int low = reader.TakeHex(4, 4);
                scalar = low is >= 0xDC00 and < 0xE000 ? 0x10000 + ((scalar - 0xD800) << 10) + (low - 0xDC00) : scalar;
            }
        }

        return scalar is >= 0xD800 and < 0xE000 or > ScalarSet.LastScalar
            ? throw reader.Error("not a Unicode character", start)
            : scalar;
    }

    private static ConstraintException Unsupported(RegexReader reader, int c, int start) => c switch
    {
        'b' or 'B' => reader.Error("word boundaries are not supported", start),
        'k' or (>= '0' and <= '9') => reader.Error("back references and octal escapes are not supported", start),
        'p' or 'P' => reader.Error("Unicode properties are not supported", start),
        'A' or 'z' or 'Z' or 'G' => reader.Error("anchors other than '^' and '$' are not supported", start),
        _ => reader.Error($"the escape '\\{char.ConvertFromUtf32(c)}' is not supported", start),
    };
}
