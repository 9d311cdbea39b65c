using System.Globalization;

namespace Laser.Cli.Bench;

/// <summary>How much is asked of a server.</summary>
/// <param name="Mode">What the value is.</param>
/// <param name="Value">Requests a second in the mean, or clients at one time; above zero.</param>
internal readonly record struct BenchLevel(LoadMode Mode, double Value)
{
    /// <summary>The value, for people.</summary>
    public string Text => Value.ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>Such as "rate 2.5".</summary>
    public override string ToString() => $"{(Mode == LoadMode.Rate ? "rate" : "concurrency")} {Text}";
}
