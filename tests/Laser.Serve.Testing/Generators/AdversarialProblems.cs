namespace Laser.Serve.Testing.Generators;

/// <summary>Inputs built to lose a token: by a flush inside a block, between blocks, or in the weights.</summary>
public static class AdversarialProblems
{
    private const int Channels = 16;

    /// <summary>
    /// A1: a low attended token and a high unattended one, four positions apart in the same block; the output is close
    /// to 0. Whoever flushes the low one is off by 20 or more.
    /// </summary>
    public static AttentionProblem SameBlock(double d) => Pair($"A1 D={d}", 512, 3, 7, d, -60 - d);

    /// <summary>A2: the same two tokens in different blocks.</summary>
    public static AttentionProblem DifferentBlocks(double d) => Pair($"A2 D={d}", 512, 0, 300, d, -60);

    /// <summary>
    /// A2 again, the pure form: whole blocks of the one token and then of the other. Nothing in a block is wide.
    /// </summary>
    public static AttentionProblem DistantBlocks(double d)
    {
        var problem = new AttentionProblem($"A2 blocks D={d}", 128, Channels, 1);
        for (int t = 0; t < problem.Tokens; t++)
        {
            problem.SetScore(t, t < 64 ? 0 : -(d + 20));
            problem.SetValue(t, t < 64 ? 0 : d);
        }

        return problem;
    }

    /// <summary>
    /// A3: a token of a tiny weight, far away from the others, dominates by its value; the output is close to 30.
    /// </summary>
    public static AttentionProblem TinyWeight(double t) => Dominated($"A3 T={t}", 512, 300, t, -1000 - t);

    /// <summary>A4: the same inside one block: wide values and wide scores at once.</summary>
    public static AttentionProblem WideBlock(double t) => Dominated($"A4 T={t}", 64, 7, t, -1000);

    /// <summary>
    /// R1: values that climb to <paramref name="top"/> over 512 tokens, with noise; every row is looked at.
    /// </summary>
    public static AttentionProblem CausalRamp(double top)
    {
        var problem = new AttentionProblem($"R1 R={top}", 512, Channels, 512);
        var random = new DeterministicRandom(31);
        for (int i = 0; i < problem.Values.Length; i++)
        {
            problem.Scores[i] = (float)random.Gaussian(2);
            problem.Values[i] = (float)((top * (i / Channels) / 511) + random.Gaussian(0.5));
        }

        return problem;
    }

    /// <summary>
    /// R2: a slow climb over 4096 tokens. The query of the last but one row attends the oldest token only, that of the
    /// last row attends all tokens alike.
    /// </summary>
    public static AttentionProblem SlowRamp(double step, int channels = Channels)
    {
        var problem = new AttentionProblem($"R2 step={step}", 4096, channels, 2);
        int oldestOnly = problem.ColumnOf(problem.FirstQuery);
        for (int t = 0; t < problem.Tokens; t++)
        {
            problem.SetValue(t, t * step);
            problem.Scores[(t * channels) + oldestOnly] = t == 0 ? 0 : -1000;
        }

        return problem;
    }

    private static AttentionProblem Pair(string name, int tokens, int low, int high, double d, double restScore)
    {
        var problem = new AttentionProblem(name, tokens, Channels, 1);
        for (int t = 0; t < tokens; t++)
        {
            problem.SetScore(t, t == low ? 0 : t == high ? -(d + 20) : restScore);
            problem.SetValue(t, t == low ? 0 : t == high ? d : -5);
        }

        return problem;
    }

    private static AttentionProblem Dominated(string name, int tokens, int dominant, double t, double restScore)
    {
        var problem = new AttentionProblem(name, tokens, Channels, 1);
        for (int token = 0; token < tokens; token++)
        {
            problem.SetScore(token, token == 0 ? 0 : token == dominant ? -t : restScore);
            problem.SetValue(token, token == dominant ? t + 30 : 0);
        }

        return problem;
    }
}
