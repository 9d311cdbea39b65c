using System.Globalization;
using System.Text.Json;

namespace Laser.Serve.StructuredOutput.Schemas;

/// <summary>A number of a JSON document, exactly.</summary>
/// <param name="IsNegative">Whether it is below zero.</param>
/// <param name="Whole">Digits before the point, at least one, no leading zeros.</param>
/// <param name="Fraction">Digits after it, no trailing zeros; may be empty.</param>
internal sealed record DecimalNumber(bool IsNegative, string Whole, string Fraction)
{
    private const int MaxDigits = 100;

    public bool IsInteger => Fraction.Length == 0;

    public bool IsZero => IsInteger && Whole == "0";

    /// <summary>The value of a JSON number; null if it has more than about a hundred digits written out.</summary>
    public static DecimalNumber? Parse(JsonElement number)
    {
        string text = number.GetRawText();
        bool isNegative = text[0] == '-';
        string[] parts = text.TrimStart('-').Split('e', 'E');
        int exponent = 0;
        if (parts.Length > 1
            && !int.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent))
        {
            return null;
        }

        string[] digits = parts[0].Split('.');
        string all = digits[0] + (digits.Length > 1 ? digits[1] : "");
        if (Math.Abs((long)exponent) + all.Length > MaxDigits)
        {
            return null;
        }

        int point = digits[0].Length + exponent;
        string padded = point < 0
            ? all.PadLeft(all.Length - point, '0')
            : all.PadRight(Math.Max(point, all.Length), '0');
        point = Math.Max(point, 0);
        string whole = padded[..point].TrimStart('0');
        string fraction = padded[point..].TrimEnd('0');
        var value = new DecimalNumber(isNegative, whole.Length == 0 ? "0" : whole, fraction);
        return value.IsZero ? value with { IsNegative = false } : value;
    }
}
