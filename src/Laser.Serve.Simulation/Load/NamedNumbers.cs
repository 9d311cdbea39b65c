using System.Globalization;

namespace Laser.Serve.Simulation.Load;

/// <summary>A specification as people write it: a name, a colon, and numbers.</summary>
internal readonly record struct NamedNumbers(string Name, double[] Numbers)
{
    /// <summary>Reads <c>NAME:NUMBER,NUMBER</c>.</summary>
    /// <exception cref="FormatException">A number is none, or not above zero.</exception>
    public static NamedNumbers Parse(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0
            ? new NamedNumbers(text, [])
            : new NamedNumbers(text[..colon], [.. text[(colon + 1)..].Split(',').Select(ParseNumber)]);
    }

    private static double ParseNumber(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
        && number > 0 && double.IsFinite(number)
            ? number
            : throw new FormatException($"'{text}' is not a number above zero.");
}
