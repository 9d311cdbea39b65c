namespace Laser.Serve.Simulation.Load;

/// <summary>When requests come, at a given mean rate.</summary>
public sealed class ArrivalProcess
{
    private readonly string _text;
    private readonly Func<RandomStream, double, IEnumerable<double>> _gaps;

    private ArrivalProcess(string text, Func<RandomStream, double, IEnumerable<double>> gaps)
    {
        _text = text;
        _gaps = gaps;
    }

    /// <summary>Reads a process.</summary>
    /// <param name="text">
    /// <c>poisson</c>; <c>even</c>, all gaps equal; <c>gamma:CV</c>, independent gaps whose deviation is CV times their
    /// mean; <c>onoff:ON,OFF</c>, Poisson in periods of ON seconds in the mean and nothing in periods of OFF seconds
    /// between them, both exponential.
    /// </param>
    /// <exception cref="FormatException">It is none of these.</exception>
    public static ArrivalProcess Parse(string text) => NamedNumbers.Parse(text) switch
    {
        ("poisson", []) => new ArrivalProcess(text, Poisson),
        ("even", []) => new ArrivalProcess(text, (_, rate) => Enumerable.Repeat(1 / rate, int.MaxValue)),
        ("gamma", [double cv]) => new ArrivalProcess(text, (random, rate) => Gamma(random, rate, cv)),
        ("onoff", [double on, double off]) =>
            new ArrivalProcess(text, (random, rate) => OnOff(random, rate, on, off)),
        _ => throw new FormatException(
            $"'{text}' is no arrival process; write poisson, even, gamma:3 or onoff:10,30."),
    };

    /// <summary>As it was written.</summary>
    public override string ToString() => _text;

    /// <summary>Seconds from one request to the next, without end.</summary>
    internal IEnumerable<double> Gaps(RandomStream random, double rate) => _gaps(random, rate);

    private static IEnumerable<double> Poisson(RandomStream random, double rate)
    {
        while (true)
        {
            yield return random.NextExponential() / rate;
        }
    }

    private static IEnumerable<double> Gamma(RandomStream random, double rate, double cv)
    {
        double shape = 1 / (cv * cv);
        while (true)
        {
            yield return random.NextGamma(shape) / (shape * rate);
        }
    }

    private static IEnumerable<double> OnOff(RandomStream random, double rate, double on, double off)
    {
        double rateWhenOn = rate * (on + off) / on;
        double left = on * random.NextExponential();
        while (true)
        {
            double gap = 0;
            double step = random.NextExponential() / rateWhenOn;
            while (step > left)
            {
                // What is left of a gap after a pause has the same distribution as all of it: it has no memory.
                gap += left + (off * random.NextExponential());
                left = on * random.NextExponential();
                step = random.NextExponential() / rateWhenOn;
            }

            left -= step;
            yield return gap + step;
        }
    }
}
