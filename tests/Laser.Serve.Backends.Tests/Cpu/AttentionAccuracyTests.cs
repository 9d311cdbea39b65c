using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Backends.Tests.Cpu;

public class AttentionAccuracyTests
{
    public static TheoryData<DataType, int, int, int, int> Shapes()
    {
        TheoryData<DataType, int, int, int, int> data = [];
        foreach (DataType type in (DataType[])[DataType.Float32, DataType.BFloat16])
        {
            foreach (int headDim in (int[])[16, 18, 32, 48, 64, 80, 96, 128, 256])
            {
                data.Add(type, headDim, 4, 2, 32);
            }

            foreach (int blockSize in (int[])[16, 64, 128])
            {
                data.Add(type, 64, 3, 3, blockSize);
                data.Add(type, 32, 8, 1, blockSize);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Attend_NormalValues_MatchesFormula(DataType type, int headDim, int heads, int kvHeads, int blockSize)
    {
        LaserAttentionSpec spec = new(AttentionVariant.Laser, heads, kvHeads, headDim, 1 / MathF.Sqrt(headDim));
        Check(spec, type, blockSize, AttentionSequence.Random(spec, 150, seed: headDim));
    }

    [Theory]
    [InlineData(DataType.Float32, 1e-5)]
    [InlineData(DataType.BFloat16, 8e-3)]
    public void Attend_SoftmaxVariant_MatchesFormula(DataType type, double bound)
    {
        LaserAttentionSpec spec = new(AttentionVariant.Softmax, 4, 2, 64, 0.125f);
        AttentionSequence sequence = AttentionSequence.Random(spec, 150, seed: 1);
        using AttentionRig rig = new(AttentionRig.Layout(spec, type));
        rig.Prefill(sequence, 40);
        AssertNear(AttentionFormula.Apply(spec, sequence.Rows, type).Results, sequence, bound);
        Assert.Equal(0, rig.Cache.Statistics.WideBlocks + rig.Cache.Statistics.RawBlocks);
    }

    [Theory]
    [InlineData(DataType.Float32)]
    [InlineData(DataType.BFloat16)]
    public void Attend_SoftclampAndLogFloor_MatchesFormula(DataType type)
    {
        LaserAttentionSpec spec = new(AttentionVariant.Laser, 2, 2, 32, 0.2f, ValueSoftclamp: 15, LogFloor: 1e-3f);
        AttentionSequence sequence = AttentionSequence.Random(spec, 100, seed: 2, value: (_, x) => 12 * x);
        Check(spec, type, 32, sequence);
        Assert.Contains(sequence.Results, row => row.Contains((float)Math.Log(1e-3f)));
    }

    // Values that make blocks wide (over 96 bits = 66.5 nats), raw (over 222 bits = 153.9 nats), and raw because of
    // their shifts.
    [Theory]
    [InlineData(DataType.Float32, 80f)]
    [InlineData(DataType.BFloat16, 80f)]
    [InlineData(DataType.Float32, 400f)]
    [InlineData(DataType.BFloat16, 400f)]
    [InlineData(DataType.Float32, 30000f)]
    [InlineData(DataType.BFloat16, 30000f)]
    [InlineData(DataType.BFloat16, -30000f)]
    public void Attend_ValuesFarApart_MatchesFormula(DataType type, float jump)
    {
        LaserAttentionSpec spec = new(AttentionVariant.Laser, 2, 1, 32, 2f);
        AttentionSequence sequence = AttentionSequence.Random(
            spec, 100, seed: 3, value: (token, x) => token % 23 == 20 ? jump + x : x);
        KvCacheStatistics statistics = Check(spec, type, 32, sequence);
        Assert.True(jump == 80f ? statistics.WideBlocks > 0 : statistics.RawBlocks > 0, statistics.ToString());
    }

    // The row that counts has a score so far below the block's largest that an fp32 weight is 0 (laser.md A4).
    [Theory]
    [InlineData(60)]
    [InlineData(95)]
    [InlineData(105)]
    [InlineData(120)]
    public void Attend_HighValueUnderLowScore_MatchesFormula(int gap)
    {
        LaserAttentionSpec spec = new(AttentionVariant.Laser, 1, 1, 16, 1f);
        List<float[]> rows = [];
        for (int token = 0; token < 64; token++)
        {
            float[] row = new float[spec.QkvColumns];
            row[0] = 1;
            row[16] = token == 0 ? 0 : token == 20 ? -gap : -1000;
            row.AsSpan(32).Fill(token == 20 ? gap + 30 : 0);
            rows.Add(row);
        }

        foreach (DataType type in (DataType[])[DataType.Float32, DataType.BFloat16])
        {
            Check(spec, type, 64, new AttentionSequence(rows, 0));
        }
    }

    [Theory]
    [InlineData(DataType.Float32, 5000)]
    [InlineData(DataType.BFloat16, 800)]
    public void Attend_ScoresFarApartBetweenBlocks_MatchesFormula(DataType type, int gap)
    {
        LaserAttentionSpec spec = new(AttentionVariant.Laser, 1, 1, 16, 1f);
        List<float[]> rows = [];
        for (int token = 0; token < 200; token++)
        {
            float[] row = new float[spec.QkvColumns];
            row[0] = 1;
            row[16] = token == 0 ? 0 : token == 100 ? -gap : -gap - 60;
            row.AsSpan(32).Fill(token == 100 ? gap : -5);
            rows.Add(row);
        }

        Check(spec, type, 32, new AttentionSequence(rows, 0));
    }

    private static KvCacheStatistics Check(
        LaserAttentionSpec spec, DataType type, int blockSize, AttentionSequence sequence)
    {
        using AttentionRig rig = new(AttentionRig.Layout(spec, type, blockSize));
        rig.Prefill(sequence, 40);
        (double[][] expected, double largestScore) = AttentionFormula.Apply(spec, sequence.Rows, type);

        // laser.md section 0, with two more roundings of the score (its sum is rounded at every step) and that of o
        // itself.
        double storage = type == DataType.Float32 ? 6.0e-8 : 3.92e-3;
        double largestValue = expected.Max(row => row.Max(Math.Abs));
        double bound = storage
            + ((blockSize + 8) * Math.Pow(2, -24))
            + (Math.Pow(2, -21) * largestScore)
            + (Math.Pow(2, -23) * largestValue);
        AssertNear(expected, sequence, bound);
        return rig.Cache.Statistics;
    }

    private static void AssertNear(double[][] expected, AttentionSequence sequence, double bound)
    {
        Assert.Equal(SequenceFault.None, sequence.Fault);
        for (int row = 0; row < expected.Length; row++)
        {
            for (int column = 0; column < expected[row].Length; column++)
            {
                float actual = sequence.Results[row][column];
                double error = Math.Abs(actual - expected[row][column]);
                Assert.True(
                    error <= bound, $"row {row}, column {column}: {actual} for {expected[row][column]}, bound {bound}");
            }
        }
    }
}
