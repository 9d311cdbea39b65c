namespace Laser.Serve.Testing.Generators;

/// <summary>Scores and values as models have them, the well-behaved and the less well-behaved.</summary>
public static class RealisticProblems
{
    private const int Tokens = 4096;
    private const int Channels = 64;
    private const int Queries = 64;
    private static readonly Lazy<AttentionProblem[]> LazyAll = new(() => [
        Narrow(), Standard(), Broad(), Peaked(), HeavyTailed(),
        OutlierChannels(), Sink(), SinkWithSpikes(), Softclamped()]);

    /// <summary>Nine distributions over 4096 tokens, 64 channels, 64 queries.</summary>
    public static IReadOnlyList<AttentionProblem> All => LazyAll.Value;

    /// <summary>Values around an offset: storage of u must not care about it.</summary>
    public static AttentionProblem Offset(double offset) =>
        Fill(new AttentionProblem($"offset {offset}", 1024, 16, 16), 7, 2, r => offset + r.Gaussian());

    /// <summary>A very long sequence.</summary>
    public static AttentionProblem Long() =>
        Fill(new AttentionProblem("long", 131_072, 16, 16), 8, 1, r => r.Gaussian());

    /// <summary>Broad values that the checkpoint itself clamps.</summary>
    public static AttentionProblem ClampedByCheckpoint() =>
        Fill(
            new AttentionProblem("softclamp in the spec", 1024, 16, 16) { ValueSoftclamp = 15 },
            9,
            2,
            r => r.Gaussian(12));

    /// <summary>An attention sink, and four tokens of huge values that nobody attends to.</summary>
    public static AttentionProblem SinkWithSpikes()
    {
        AttentionProblem problem = New("sink + spikes", 18, 2, r => r.Gaussian());
        var random = new DeterministicRandom(19);
        SetSinkValue(problem, random);
        problem.SetScore(0, 12);
        // Where the channels around them spread enough for fp16 to go raw even in a block of 16.
        foreach (int token in (int[])[400, 1111, 2750, 3500])
        {
            for (int j = token * Channels; j < (token + 1) * Channels; j++)
            {
                problem.Values[j] += 15;
                problem.Scores[j] -= 20;
            }
        }

        return problem;
    }

    /// <summary>Fills scores and values with independent draws.</summary>
    public static AttentionProblem Fill(
        AttentionProblem problem, ulong seed, double scoreDeviation, Func<DeterministicRandom, double> value)
    {
        var random = new DeterministicRandom(seed);
        for (int i = 0; i < problem.Values.Length; i++)
        {
            problem.Scores[i] = (float)random.Gaussian(scoreDeviation);
            problem.Values[i] = (float)value(random);
        }

        return problem;
    }

    private static AttentionProblem Narrow() => New("N(0,0.3)", 11, 2, r => r.Gaussian(0.3));

    private static AttentionProblem Standard() => New("N(0,1)", 12, 2, r => r.Gaussian());

    private static AttentionProblem Broad() => New("N(0,3)", 13, 2, r => r.Gaussian(3));

    private static AttentionProblem Peaked() => New("peaked scores", 14, 6, r => r.Gaussian());

    private static AttentionProblem HeavyTailed() => New("student-t3", 15, 2, r => r.StudentT(3));

    private static AttentionProblem OutlierChannels()
    {
        AttentionProblem problem = New("outlier channels", 16, 2, r => r.Gaussian());
        var random = new DeterministicRandom(20);
        for (int i = 0; i < problem.Values.Length; i += 16)
        {
            problem.Values[i] = (float)(20 + random.Gaussian(2));
        }

        return problem;
    }

    private static AttentionProblem Sink()
    {
        AttentionProblem problem = New("attention sink", 17, 2, r => r.Gaussian(1.5));
        SetSinkValue(problem, new DeterministicRandom(21));
        problem.SetScore(0, problem.Scores.Max() + 6);
        return problem;
    }

    private static AttentionProblem Softclamped() =>
        New("softclamp15", 22, 2, r => 15 * Math.Tanh(r.Gaussian(12) / 15));

    private static AttentionProblem New(
        string name, ulong seed, double scoreDeviation, Func<DeterministicRandom, double> value) =>
        Fill(new AttentionProblem(name, Tokens, Channels, Queries), seed, scoreDeviation, value);

    private static void SetSinkValue(AttentionProblem problem, DeterministicRandom random)
    {
        for (int j = 0; j < Channels; j++)
        {
            problem.Values[j] = (float)random.Gaussian(0.02);
        }
    }
}
