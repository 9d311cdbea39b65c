using Laser.Serve.Compute;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Backends.Tests.Contract;

public sealed class NormalizationTests
{
    private const float Epsilon = 1e-5f;
    private static readonly int[] Widths = [1, 2, 15, 16, 17, 48, 63, 100, 320];

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Names), MemberType = typeof(BackendsUnderTest))]
    public void RmsNorm_RandomRows_MatchesReference(string backend)
    {
        var random = new DeterministicRandom(31);
        foreach (int columns in Widths)
        {
            foreach (int rows in Operation.RowCounts)
            {
                float[] weight = random.Gaussians(columns);
                float[] input = Scaled(random, rows, columns);
                float[] expected = Run(BackendsUnderTest.Reference, input, weight, rows);
                float[] actual = Run(backend, input, weight, rows);
                AssertClose(expected, actual, columns, $"{rows} x {columns}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Names), MemberType = typeof(BackendsUnderTest))]
    public void RmsNorm_InPlace_SameBits(string backend)
    {
        var random = new DeterministicRandom(32);
        foreach (int columns in Widths)
        {
            float[] weight = random.Gaussians(columns);
            float[] input = random.Gaussians(13 * columns);
            using IBackend subject = BackendsUnderTest.Create(backend);
            using DeviceTensor scale = Operation.Upload(subject, weight, columns);
            float[] inPlace = Operation.RunInPlace(
                subject, Operation.Batch(11), 11, input, columns,
                tensor => subject.RmsNorm(tensor, 11, scale, Epsilon, tensor));
            Bits.AssertEqual(Run(backend, input, weight, 11), inPlace, $"{columns} columns in place");
        }
    }

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Names), MemberType = typeof(BackendsUnderTest))]
    public void RmsNorm_RowInABatch_HasTheBitsItHasAlone(string backend)
    {
        var random = new DeterministicRandom(33);
        foreach (int columns in Widths)
        {
            float[] weight = random.Gaussians(columns);
            float[] input = random.Gaussians(40 * columns);
            float[] together = Run(backend, input, weight, 40);
            for (int row = 0; row < 40; row++)
            {
                float[] alone = Run(backend, input[(row * columns)..((row + 1) * columns)], weight, 1);
                Bits.AssertEqual(together.AsSpan(row * columns, columns), alone, $"row {row} of {columns} columns");
            }
        }
    }

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Names), MemberType = typeof(BackendsUnderTest))]
    public void RmsNorm_ZeroRow_GivesZeros(string backend) =>
        Assert.Equal(new float[20], Run(backend, new float[20], new DeterministicRandom(34).Gaussians(20), 1));

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Names), MemberType = typeof(BackendsUnderTest))]
    public void HeadRmsNorm_SomeHeadsOfARow_LeavesTheOtherColumns(string backend)
    {
        var random = new DeterministicRandom(35);
        foreach ((int first, int heads, int headDim, int rest) in ((int, int, int, int)[])[
            (0, 1, 16, 0), (0, 3, 20, 5), (40, 2, 10, 30), (7, 4, 64, 1), (128, 2, 64, 128)])
        {
            int columns = first + (heads * headDim) + rest;
            float[] weight = random.Gaussians(headDim);
            foreach (int rows in Operation.RowCounts)
            {
                float[] input = Scaled(random, rows + 2, columns);
                float[] expected = RunHeads(BackendsUnderTest.Reference, input, weight, rows, first, heads);
                float[] actual = RunHeads(backend, input, weight, rows, first, heads);
                AssertClose(expected, actual, headDim, $"{heads} heads of {headDim} from {first}");
                for (int i = 0; i < actual.Length; i++)
                {
                    int column = i % columns;
                    bool outside = column < first || column >= columns - rest;
                    Assert.True(!outside || actual[i] == input[i], $"Column {column} is not part of the heads.");
                }
            }
        }
    }

    // Rows of very different magnitude; the norm takes it out.
    private static float[] Scaled(DeterministicRandom random, int rows, int columns)
    {
        float[] values = random.Gaussians(rows * columns);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] *= MathF.Pow(10, (i / columns % 7) - 3);
        }

        return values;
    }

    // The relative error of the mean square is at most columns * 2^-24, of its root half of that; a few roundings
    // follow.
    private static void AssertClose(float[] expected, float[] actual, int columns, string what) =>
        Operation.AssertClose(
            expected, actual, i => Operation.Roundings((columns / 2.0) + 6) * Math.Abs(expected[i]), what);

    private static float[] Run(string backend, float[] input, float[] weight, int rows)
    {
        using IBackend subject = BackendsUnderTest.Create(backend);
        using DeviceTensor source = Operation.Upload(subject, input, weight.Length);
        using DeviceTensor scale = Operation.Upload(subject, weight, weight.Length);
        return Operation.Run(
            subject, Operation.Batch(rows), rows, weight.Length,
            output => subject.RmsNorm(source, rows, scale, Epsilon, output));
    }

    private static float[] RunHeads(string backend, float[] input, float[] weight, int rows, int first, int heads)
    {
        using IBackend subject = BackendsUnderTest.Create(backend);
        using DeviceTensor scale = Operation.Upload(subject, weight, weight.Length);
        return Operation.RunInPlace(
            subject, Operation.Batch(rows), rows, input, input.Length / (rows + 2),
            tensor => subject.HeadRmsNorm(tensor, rows, first, heads, weight.Length, scale, Epsilon));
    }
}
