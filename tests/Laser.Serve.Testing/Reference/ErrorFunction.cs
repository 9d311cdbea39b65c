namespace Laser.Serve.Testing.Reference;

/// <summary>The complementary error function in double precision; .NET has none.</summary>
public static class ErrorFunction
{
    /// <summary><c>erfc(x) = 1 - erf(x)</c>, relative error about 1e-14.</summary>
    public static double Complement(double x) => x switch
    {
        < 0 => 2 - Complement(-x),
        < 2 => 1 - Series(x),
        _ => ContinuedFraction(x),
    };

    // erf(x) = 2/sqrt(pi) exp(-x^2) sum_n 2^n x^(2n+1) / (1 3 5 .. (2n+1)); all terms are positive. Abramowitz and
    // Stegun 7.1.6.
    private static double Series(double x)
    {
        double term = x;
        double sum = 0;
        for (int n = 0; n < 60; n++)
        {
            sum += term;
            term *= 2 * x * x / ((2 * n) + 3);
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    // erfc(x) = exp(-x^2)/sqrt(pi) / (x + (1/2)/(x + 1/(x + (3/2)/(x + ...)))); Abramowitz and Stegun 7.1.14.
    private static double ContinuedFraction(double x)
    {
        double denominator = x;
        for (int n = 100; n > 0; n--)
        {
            denominator = x + (n / 2.0 / denominator);
        }

        return Math.Exp(-x * x) / Math.Sqrt(Math.PI) / denominator;
    }
}
