using Laser.Serve.Cuda.Memory;
using Laser.Serve.Cuda.Operations;
using Laser.Serve.Cuda.Tests.Emulation;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Cuda.Tests.Operations;

[Collection(EmulationGroup.Name)]
public sealed class RmsNormOperationTests
{
    private const float Epsilon = 1e-5f;

    [CudaTheory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(32)]
    [InlineData(257)]
    [InlineData(1000)]
    public void Launch_RowsOfAnyMagnitude_IsTheFormula(int columns)
    {
        var random = new DeterministicRandom((ulong)columns);
        float[] weight = random.Gaussians(columns);
        float[] input = random.Gaussians(7 * columns);
        for (int i = 0; i < input.Length; i++)
        {
            input[i] *= MathF.Pow(10, (6 * (i / columns)) - 19); // squares of the last row add up to 10^37
        }

        double[] expected = Expected(input, weight);
        Roundings.AssertWithin(
            (columns / 2.0) + 6, expected, Run(input, weight), i => Math.Abs(expected[i]), $"{columns} columns");
    }

    [CudaFact]
    public void Launch_InPlaceAndRowByRow_SameBits()
    {
        const int columns = 300;
        var random = new DeterministicRandom(3);
        float[] weight = random.Gaussians(columns);
        float[] input = random.Gaussians(5 * columns);
        float[] together = Run(input, weight);
        using OperationRig rig = new();
        RmsNormOperation norm = new(rig.Kernels);
        CudaTensor scale = rig.Upload(weight, columns);
        float[] inPlace = rig.RunInPlace(
            input, columns, tensor => norm.Launch(rig.Queue, tensor, 5, scale, Epsilon, tensor));
        Roundings.AssertSameBits(together, inPlace, "in place");
        for (int row = 0; row < 5; row++)
        {
            float[] alone = Run(input[(row * columns)..((row + 1) * columns)], weight);
            Roundings.AssertSameBits(together.AsSpan(row * columns, columns), alone, $"row {row}");
        }
    }

    [CudaFact]
    public void Launch_ZerosAndOverflowingSquares_GiveZeros()
    {
        float[] ones = [.. Enumerable.Repeat(1f, 40)];
        Assert.Equal(new float[40], Run(new float[40], ones));
        Assert.Equal(new float[40], Run([.. Enumerable.Repeat(1e30f, 40)], ones)); // so it is on the processor
    }

    [CudaTheory]
    [InlineData(0, 1, 16, 0)]
    [InlineData(40, 2, 10, 30)]
    [InlineData(7, 9, 64, 1)]
    [InlineData(128, 17, 128, 3)]
    public void LaunchHeads_SomeColumns_NormalisesThemOnly(int first, int heads, int headDim, int rest)
    {
        const int rows = 3;
        int columns = first + (heads * headDim) + rest;
        var random = new DeterministicRandom((ulong)columns);
        float[] weight = random.Gaussians(headDim);
        float[] input = random.Gaussians(rows * columns, 7);
        double[] expected = Array.ConvertAll(input, x => (double)x);
        for (int head = 0; head < rows * heads; head++)
        {
            int start = (head / heads * columns) + first + (head % heads * headDim);
            Expected(input[start..(start + headDim)], weight).CopyTo(expected, start);
        }

        using OperationRig rig = new();
        HeadRmsNormOperation norm = new(rig.Kernels);
        CudaTensor scale = rig.Upload(weight, headDim);
        float[] actual = rig.RunInPlace(
            input, columns, tensor => norm.Launch(rig.Queue, tensor, rows, first, heads, headDim, scale, Epsilon));
        Roundings.AssertWithin((headDim / 2.0) + 6, expected, actual, i => Math.Abs(expected[i]), "heads");
        for (int i = 0; i < actual.Length; i++)
        {
            bool outside = i % columns < first || i % columns >= columns - rest;
            Assert.True(!outside || actual[i] == input[i], $"Column {i % columns} is not part of the heads.");
        }
    }

    private static double[] Expected(float[] input, float[] weight) => [.. input.Chunk(weight.Length).SelectMany(row =>
    {
        double mean = row.Sum(x => (double)x * x) / row.Length;
        return row.Zip(weight, (x, w) => x / Math.Sqrt(mean + Epsilon) * w);
    })];

    private static float[] Run(float[] input, float[] weight)
    {
        using OperationRig rig = new();
        RmsNormOperation norm = new(rig.Kernels);
        CudaTensor source = rig.Upload(input, weight.Length);
        CudaTensor scale = rig.Upload(weight, weight.Length);
        int rows = input.Length / weight.Length;
        return rig.Run(
            rows, weight.Length, output => norm.Launch(rig.Queue, source, rows, scale, Epsilon, output));
    }
}
