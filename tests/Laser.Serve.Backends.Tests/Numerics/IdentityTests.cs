using Laser.Serve.Compute;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Backends.Tests.Numerics;

/// <summary>I1 to I6: what must hold whatever the oracle says.</summary>
public sealed class IdentityTests
{
    private static readonly AttentionProblem Plain = RealisticProblems.Fill(
        new AttentionProblem("plain", 300, 16, 16), 51, 2, r => r.Gaussian());

    [Theory]
    [MemberData(nameof(Subjects.All), MemberType = typeof(Subjects))]
    public void Attend_OneToken_ReturnsItsValue(string subject, DataType type, int blockSize)
    {
        var single = RealisticProblems.Fill(new AttentionProblem("N=1", 1, 16, 1), 52, 2, r => r.Gaussian(10));
        AssertOutputs(subject, type, blockSize, single, single.Values);
    }

    [Theory]
    [MemberData(nameof(Subjects.All), MemberType = typeof(Subjects))]
    public void Attend_ConstantValues_ReturnsTheConstant(string subject, DataType type, int blockSize)
    {
        AttentionProblem constant = Plain.With("v = 3.7", p => p.Values.AsSpan().Fill(3.7f));
        float[] expected = new float[constant.QueryCount * constant.Channels];
        expected.AsSpan().Fill(3.7f);
        AssertOutputs(subject, type, blockSize, constant, expected);
    }

    [Theory]
    [MemberData(nameof(Subjects.All), MemberType = typeof(Subjects))]
    public void Attend_RandomValues_LiesBetweenMeanAndMaximum(string subject, DataType type, int blockSize)
    {
        float[] outputs = Run(subject, type, blockSize, Plain);
        double slack = Bound(type, blockSize, Plain) + 1e-6;
        for (int i = 0; i < outputs.Length; i++)
        {
            int row = Plain.FirstQuery + (i / Plain.Channels);
            (double mean, double largest, double largestTerm) = Summarize(row, i % Plain.Channels);
            Assert.InRange(outputs[i], mean - slack, largest + slack);
            Assert.InRange(outputs[i], largestTerm - slack, largestTerm + Math.Log(row + 1) + slack);
        }
    }

    [Theory]
    [MemberData(nameof(Subjects.All), MemberType = typeof(Subjects))]
    public void Attend_ValuesShifted_ShiftsTheOutput(string subject, DataType type, int blockSize)
    {
        float[] plain = Run(subject, type, blockSize, Plain);
        foreach (float c in (float[])[5, 100])
        {
            AttentionProblem shifted = Plain.With($"v + {c}", p => Change(p.Values, v => v + c));
            float[] outputs = Run(subject, type, blockSize, shifted);
            double bound = (2 * Bound(type, blockSize, Plain)) + Math.ScaleB(c, -23);
            AssertClose(plain, outputs, offset: c, bound);
        }
    }

    [Theory]
    [MemberData(nameof(Subjects.All), MemberType = typeof(Subjects))]
    public void Attend_EarlierTokensPermuted_ChangesNothing(string subject, DataType type, int blockSize)
    {
        int[] order = new DeterministicRandom(53).Permutation(Plain.FirstQuery / blockSize * blockSize);
        AttentionProblem permuted = Plain.With("permuted", p =>
        {
            for (int t = 0; t < order.Length; t++)
            {
                int from = order[t] * p.Channels;
                Plain.Scores.AsSpan(from, p.Channels).CopyTo(p.Scores.AsSpan(t * p.Channels));
                Plain.Values.AsSpan(from, p.Channels).CopyTo(p.Values.AsSpan(t * p.Channels));
            }
        });
        float[] plain = Run(subject, type, blockSize, Plain);
        AssertClose(
            plain, Run(subject, type, blockSize, permuted), offset: 0, 2 * Bound(type, blockSize, Plain));
    }

    // I5: a 16-bit type cannot show the limit, its error is eps / x.
    [Theory]
    [MemberData(nameof(Subjects.InFloat32), MemberType = typeof(Subjects))]
    public void Attend_SmallValues_ApproachesOrdinaryAttention(string subject, int blockSize)
    {
        const float x = 0.01f;
        var broad = RealisticProblems.Fill(new AttentionProblem("x V", 300, 16, 16), 54, 2, r => x * r.Gaussian(2));
        float[] outputs = Run(subject, DataType.Float32, blockSize, broad);
        for (int i = 0; i < outputs.Length; i++)
        {
            double[] weights = Weights(broad, broad.FirstQuery + (i / broad.Channels));
            double mean = 0;
            double square = 0;
            for (int t = 0; t < weights.Length; t++)
            {
                double v = broad.Values[(t * broad.Channels) + (i % broad.Channels)] / x;
                mean += weights[t] * v;
                square += weights[t] * v * v;
            }

            double expected = mean + (x * (square - (mean * mean)) / 2);
            Assert.InRange(outputs[i] / x, expected - 2e-3, expected + 2e-3);
        }
    }

    [Theory]
    [MemberData(nameof(Subjects.All), MemberType = typeof(Subjects))]
    public void Attend_InputsDisturbed_MovesOutputNoMoreThanThem(string subject, DataType type, int blockSize)
    {
        var random = new DeterministicRandom(55);
        AttentionProblem values = Plain.With("dv", p => Change(p.Values, v => v + (float)random.Uniform(-1e-3, 1e-3)));
        AttentionProblem scores = Plain.With("ds", p => Change(p.Scores, s => s + (float)random.Uniform(-1e-3, 1e-3)));
        float[] plain = Run(subject, type, blockSize, Plain);
        double slack = 2 * Bound(type, blockSize, Plain);
        AssertClose(plain, Run(subject, type, blockSize, values), offset: 0, 1e-3 + slack);
        AssertClose(plain, Run(subject, type, blockSize, scores), offset: 0, 2e-3 + slack);
    }

    private static double Bound(DataType type, int blockSize, AttentionProblem problem) =>
        Bounds.Attention(type, blockSize, problem.LargestScore);

    private static float[] Run(string subject, DataType type, int blockSize, AttentionProblem problem)
    {
        using IAttentionUnderTest attention = Subjects.Create(subject);
        AttentionRun run = attention.Run(problem, type, blockSize);
        Assert.Equal(SequenceFault.None, run.Fault);
        return run.Outputs;
    }

    // I1's bound: storage, and 2^-23 |v|.
    private static void AssertOutputs(
        string subject, DataType type, int blockSize, AttentionProblem problem, float[] expected)
    {
        float[] outputs = Run(subject, type, blockSize, problem);
        for (int i = 0; i < outputs.Length; i++)
        {
            double bound = Bounds.Storage(type) + Math.ScaleB(Math.Abs(expected[i]), -23);
            Assert.InRange(outputs[i], expected[i] - bound, expected[i] + bound);
        }
    }

    private static void AssertClose(float[] expected, float[] actual, double offset, double bound)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = Math.Abs((double)actual[i] - offset - expected[i]);
            double rounding = Bounds.Rounding(expected[i]) + Bounds.Rounding(actual[i]);
            Assert.True(difference <= bound + rounding, $"Output {i} moved by {difference:g3}, bound {bound:g3}.");
        }
    }

    private static void Change(float[] numbers, Func<float, float> change)
    {
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = change(numbers[i]);
        }
    }

    private static double[] Weights(AttentionProblem problem, int row)
    {
        double[] exponentials = [.. problem.VisibleScores(row).Select(s => Math.Exp(s))];
        double total = exponentials.Sum();
        return [.. exponentials.Select(e => e / total)];
    }

    private static (double Mean, double Largest, double LargestTerm) Summarize(int row, int channel)
    {
        double[] weights = Weights(Plain, row);
        double[] values =
            [.. Enumerable.Range(0, row + 1).Select(t => (double)Plain.Values[(t * Plain.Channels) + channel])];
        double mean = weights.Zip(values, (a, v) => a * v).Sum();
        double largestTerm = weights.Zip(values, (a, v) => v + Math.Log(a)).Max();
        return (mean, values.Max(), largestTerm);
    }
}
