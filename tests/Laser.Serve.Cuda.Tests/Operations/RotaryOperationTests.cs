using Laser.Serve.Cuda.Memory;
using Laser.Serve.Cuda.Operations;
using Laser.Serve.Cuda.Tests.Emulation;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Cuda.Tests.Operations;

[Collection(EmulationGroup.Name)]
public sealed class RotaryOperationTests
{
    private const int Positions = 64;

    [CudaTheory]
    [InlineData(1, 2, 2, 0)]
    [InlineData(3, 16, 16, 8)]
    [InlineData(9, 64, 64, 64)]
    [InlineData(4, 20, 8, 40)]
    [InlineData(5, 34, 6, 1)]
    public void Launch_WholeAndPartialHeads_IsTheFormula(int heads, int headDim, int rotated, int rest)
    {
        int columns = (heads * headDim) + rest;
        var random = new DeterministicRandom((ulong)columns);
        int[] positions = [0, Positions - 1, 7, 8, 9, 30];
        float[] input = random.Gaussians(positions.Length * columns);
        float[] table = random.Gaussians(Positions * rotated);
        double[] expected = Array.ConvertAll(input, x => (double)x);
        for (int i = 0; i < input.Length; i++)
        {
            int channel = i % columns % headDim;
            if (i % columns < heads * headDim && channel < rotated / 2)
            {
                int angle = (positions[i / columns] * rotated) + channel;
                (double c, double s) = (table[angle], table[angle + (rotated / 2)]);
                (double a, double b) = (input[i], input[i + (rotated / 2)]);
                expected[i] = (a * c) - (b * s);
                expected[i + (rotated / 2)] = (b * c) + (a * s);
            }
        }

        float[] actual = Run(input, columns, positions, table, rotated, heads, headDim);
        float largest = input.Max(MathF.Abs) * table.Max(MathF.Abs);
        Roundings.AssertWithin(4, expected, actual, _ => largest, "rotated");
        for (int i = 0; i < input.Length; i++)
        {
            bool outside = i % columns >= heads * headDim || i % columns % headDim >= rotated;
            Assert.True(!outside || actual[i] == input[i], $"Column {i % columns} is not rotated.");
        }
    }

    [CudaFact]
    public void Launch_PositionOutsideOfTheTable_GivesNaN()
    {
        float[] actual = Run(new float[4 * 8], 8, [-1, Positions, 3, int.MaxValue], new float[Positions * 4], 4, 1, 8);
        Assert.Equal(
            [true, true, false, true], Enumerable.Range(0, 4).Select(row => actual[(8 * row)..((8 * row) + 4)].All(float.IsNaN)));
        Assert.Equal(12, actual.Count(float.IsNaN));
    }

    private static float[] Run(
        float[] input, int columns, int[] positions, float[] table, int rotated, int heads, int headDim)
    {
        using OperationRig rig = new();
        RotaryOperation rotary = new(rig.Kernels);
        using CudaTensor angles = new(rig.Device, Positions, rotated);
        angles.Buffer.Upload<float>(table);
        ulong rows = rig.Upload(positions);
        return rig.RunInPlace(
            input, columns,
            tensor => rotary.Launch(rig.Queue, rows, positions.Length, tensor, heads, headDim, angles));
    }
}
