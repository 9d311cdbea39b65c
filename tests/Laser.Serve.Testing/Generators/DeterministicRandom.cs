namespace Laser.Serve.Testing.Generators;

/// <summary>
/// Random numbers that are the same on every run and runtime: SplitMix64 (Steele, Lea, Flood 2014) and textbook
/// transformations of it.
/// </summary>
public sealed class DeterministicRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>64 random bits.</summary>
    public ulong NextBits()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>An integer in <c>[0, limit)</c>.</summary>
    public int Next(int limit) => (int)(NextBits() % (ulong)limit);

    /// <summary>Uniform in <c>[low, high)</c>.</summary>
    public double Uniform(double low, double high) => low + ((high - low) * (NextBits() >> 11) * (1.0 / (1L << 53)));

    /// <summary>Normal with mean 0 and the given standard deviation (Box-Muller).</summary>
    public double Gaussian(double deviation = 1)
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - Uniform(0, 1)));
        return deviation * radius * Math.Cos(2 * Math.PI * Uniform(0, 1));
    }

    /// <summary>Student's t: heavy tails, the fewer the degrees of freedom the heavier.</summary>
    public double StudentT(int degreesOfFreedom)
    {
        double chiSquared = 0;
        for (int i = 0; i < degreesOfFreedom; i++)
        {
            double g = Gaussian();
            chiSquared += g * g;
        }

        return Gaussian() / Math.Sqrt(chiSquared / degreesOfFreedom);
    }

    /// <summary>An array of normal fp32 numbers.</summary>
    public float[] Gaussians(int count, double deviation = 1)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = (float)Gaussian(deviation);
        }

        return values;
    }

    /// <summary>The integers below <paramref name="count"/> in random order.</summary>
    public int[] Permutation(int count)
    {
        int[] order = new int[count];
        for (int i = 0; i < count; i++)
        {
            int j = Next(i + 1);
            order[i] = order[j];
            order[j] = i;
        }

        return order;
    }
}
