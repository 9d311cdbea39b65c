using Laser.Serve.Compute;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Backends.Tests.Contract;

public sealed class RotaryTests
{
    private const int Positions = 64;

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Names), MemberType = typeof(BackendsUnderTest))]
    public void RotaryEmbed_WholeAndPartialHeads_MatchesReference(string backend)
    {
        var random = new DeterministicRandom(41);
        foreach ((int heads, int headDim, int rotated, int rest) in ((int, int, int, int)[])[
            (1, 2, 2, 0), (3, 16, 16, 8), (2, 64, 64, 64), (4, 20, 20, 3),
            (4, 20, 8, 40), (2, 64, 16, 0), (5, 34, 6, 1)])
        {
            int columns = (heads * headDim) + rest;
            float[] table = Angles(rotated / 2);
            foreach (int rows in Operation.RowCounts)
            {
                float[] input = random.Gaussians((rows + 2) * columns);
                float[] expected = Run(BackendsUnderTest.Reference, input, table, rotated, rows, heads, headDim);
                float[] actual = Run(backend, input, table, rotated, rows, heads, headDim);
                float largest = input.Max(MathF.Abs);
                string what = $"{heads} heads of {headDim}, {rotated} rotated";
                Operation.AssertClose(expected, actual, _ => Operation.Roundings(4) * largest, what);
                AssertRestUntouched(input, actual, columns, heads, headDim, rotated);
            }
        }
    }

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Names), MemberType = typeof(BackendsUnderTest))]
    public void RotaryEmbed_RowInABatch_HasTheBitsItHasAlone(string backend)
    {
        float[] input = new DeterministicRandom(42).Gaussians(42 * 60);
        float[] table = Angles(10);
        float[] together = Run(backend, input, table, 20, 40, 3, 20);
        using IBackend subject = BackendsUnderTest.Create(backend);
        using DeviceTensor angles = Operation.Upload(subject, table, 20);
        for (int row = 0; row < 40; row++)
        {
            ForwardBatch batch = Operation.Batch(1, row + 3);
            float[] alone = Operation.RunInPlace(
                subject, batch, 1, input[(row * 60)..((row + 1) * 60)], 60,
                tensor => subject.RotaryEmbed(batch, tensor, 3, 20, angles));
            Bits.AssertEqual(together.AsSpan(row * 60, 60), alone, $"row {row}");
        }
    }

    private static float[] Run(
        string backend, float[] input, float[] table, int rotated, int rows, int heads, int headDim)
    {
        using IBackend subject = BackendsUnderTest.Create(backend);
        using DeviceTensor angles = Operation.Upload(subject, table, rotated);
        ForwardBatch batch = Operation.Batch(rows, firstPosition: 3);
        return Operation.RunInPlace(
            subject, batch, rows, input, input.Length / (rows + 2),
            tensor => subject.RotaryEmbed(batch, tensor, heads, headDim, angles));
    }

    private static float[] Angles(int half)
    {
        float[] table = new float[Positions * 2 * half];
        for (int i = 0; i < table.Length; i++)
        {
            int position = i / (2 * half);
            int channel = i % (2 * half);
            double angle = position / Math.Pow(100, channel % half / (double)half);
            table[i] = (float)(channel < half ? Math.Cos(angle) : Math.Sin(angle));
        }

        return table;
    }

    private static void AssertRestUntouched(
        float[] before, float[] after, int columns, int heads, int headDim, int rotated)
    {
        for (int i = 0; i < after.Length; i++)
        {
            int column = i % columns;
            bool outside = column >= heads * headDim || column % headDim >= rotated;
            Assert.True(!outside || before[i] == after[i], $"Column {column} is not rotated.");
        }
    }
}
