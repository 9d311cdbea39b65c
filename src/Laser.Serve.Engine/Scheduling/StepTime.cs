namespace Laser.Serve.Engine.Scheduling;

/// <summary>
/// How long a step takes, about: a pass over the weights, and more for each token. What attention to a long context
/// adds is not in it.
/// </summary>
/// <param name="Base">Seconds of any step, zero or more.</param>
/// <param name="PerToken">Seconds more for each token, above zero.</param>
internal readonly record struct StepTime(double Base, double PerToken)
{
    /// <summary>
    /// The line nearest to measured steps by least squares of the relative errors, so that a short step counts as much
    /// as a long one. A base that would be below zero is zero. Null if time does not grow with tokens.
    /// </summary>
    public static StepTime? Fit(IEnumerable<(int TokenCount, double Seconds)> samples)
    {
        (double xx, double xy, double yy, double x, double y) = (0, 0, 0, 0, 0);
        foreach ((int tokenCount, double seconds) in samples)
        {
            if (!(seconds > 0))
            {
                return null;
            }

            double inverse = 1 / seconds;
            double tokens = tokenCount / seconds;
            xx += inverse * inverse;
            xy += inverse * tokens;
            yy += tokens * tokens;
            x += inverse;
            y += tokens;
        }

        double determinant = (xx * yy) - (xy * xy);
        double start = ((x * yy) - (y * xy)) / determinant;
        StepTime line = start < 0
            ? new StepTime(0, y / yy)
            : new StepTime(start, ((xx * y) - (x * xy)) / determinant);
        return line.PerToken > 0 && double.IsFinite(line.Base + line.PerToken) ? line : null;
    }

    /// <summary>Time of a step with so many tokens, in seconds.</summary>
    public double SecondsOf(int tokenCount) => Base + (PerToken * tokenCount);

    /// <summary>Tokens of a step that takes so long; below zero if none does.</summary>
    public double TokensIn(double seconds) => (seconds - Base) / PerToken;
}
