namespace Laser.Serve.Testing.Generators;

/// <summary>Random scales over several decades: most cases are wide, many are raw.</summary>
public static class FuzzProblems
{
    private const int Tokens = 256;
    private const int Channels = 16;
    private const int Queries = 4;

    /// <summary>
    /// F1: gaussian, student-t and random-walk values of scale 0.1..400 under scores of scale 0.1..316.
    /// </summary>
    public static IEnumerable<AttentionProblem> Independent(int count)
    {
        var random = new DeterministicRandom(99);
        for (int i = 0; i < count; i++)
        {
            var problem = new AttentionProblem($"F1 case {i}", Tokens, Channels, Queries);
            FillValues(problem, random);
            double deviation = Math.Pow(10, random.Uniform(-1, 2.5));
            for (int t = 0; t < problem.Scores.Length; t++)
            {
                problem.Scores[t] = (float)random.Gaussian(deviation);
            }

            yield return problem;
        }
    }

    /// <summary>
    /// F2: the same values under scores that nearly cancel one channel each: <c>s = -c v + noise</c>, c in 0.5..1.2.
    /// </summary>
    public static IEnumerable<AttentionProblem> AntiCorrelated(int count)
    {
        var random = new DeterministicRandom(100);
        for (int i = 0; i < count; i++)
        {
            var problem = new AttentionProblem($"F2 case {i}", Tokens, Channels, Queries);
            FillValues(problem, random);
            double c = random.Uniform(0.5, 1.2);
            for (int t = 0; t < problem.Scores.Length; t++)
            {
                problem.Scores[t] = (float)((-c * problem.Values[t]) + random.Gaussian());
            }

            yield return problem;
        }
    }

    private static void FillValues(AttentionProblem problem, DeterministicRandom random)
    {
        double scale = Math.Pow(10, random.Uniform(-1, 2.6));
        int kind = random.Next(3);
        for (int i = 0; i < problem.Values.Length; i++)
        {
            double previous = i < Channels ? 0 : problem.Values[i - Channels];
            double value = kind switch
            {
                0 => random.Gaussian(scale),
                1 => random.StudentT(2) * scale / 3,
                _ => previous + random.Gaussian(scale / 8),
            };

            // Student-t with 2 degrees of freedom now and then passes 2^20, where a request fails by design.
            problem.Values[i] = (float)Math.Clamp(value, -1e5, 1e5);
        }
    }
}
