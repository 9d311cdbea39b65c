namespace Laser.Serve.Simulation.Load;

/// <summary>How many tokens a prompt or an answer has, at least one.</summary>
public sealed class LengthDistribution
{
    private readonly string _text;
    private readonly Func<RandomStream, double> _draw;

    private LengthDistribution(string text, Func<RandomStream, double> draw)
    {
        _text = text;
        _draw = draw;
    }

    /// <summary>Reads how lengths are spread.</summary>
    /// <param name="text">
    /// A number, or <c>uniform:LEAST,MOST</c>, or <c>lognormal:MEDIAN,SIGMA</c>, where SIGMA is the deviation of the
    /// logarithm, or <c>lognormal:MEDIAN,SIGMA,MOST</c>, where what is longer than MOST becomes MOST.
    /// </param>
    /// <exception cref="FormatException">It is none of these.</exception>
    public static LengthDistribution Parse(string text)
    {
        NamedNumbers spec = NamedNumbers.Parse(text.Contains(':', StringComparison.Ordinal) ? text : $"fixed:{text}");
        Func<RandomStream, double> draw = spec switch
        {
            ("fixed", [double length]) => _ => length,
            ("uniform", [double least, double most]) when least <= most =>
                random => Math.Floor(least + (random.NextUniform() * (Math.Floor(most) - Math.Floor(least) + 1))),
            ("lognormal", [double median, double sigma]) =>
                random => median * Math.Exp(sigma * random.NextNormal()),
            ("lognormal", [double median, double sigma, double most]) =>
                random => Math.Min(most, median * Math.Exp(sigma * random.NextNormal())),
            _ => throw new FormatException(
                $"'{text}' is no length; write 128, uniform:16,512, lognormal:128,0.8 or lognormal:128,0.8,2000."),
        };
        return new LengthDistribution(text, draw);
    }

    /// <summary>As it was written.</summary>
    public override string ToString() => _text;

    internal int Draw(RandomStream random) => (int)Math.Clamp(Math.Round(_draw(random)), 1, int.MaxValue / 4);
}
