using Laser.Serve.Compute;
using Laser.Serve.Cuda.Linear;
using Laser.Serve.Cuda.Tests.Emulation;
using Laser.Serve.Cuda.Tests.Operations;
using Laser.Serve.Testing;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Cuda.Tests.Linear;

[Collection(EmulationGroup.Name)]
public sealed class QuantizedLinearTests
{
    private const int Group = 64;

    [CudaTheory]
    [InlineData(DataType.Float32, 1, 1)]
    [InlineData(DataType.BFloat16, 65, 31)]
    [InlineData(DataType.Float16, 17, 65)]
    [InlineData(DataType.Float32, 9, 1100)]
    public void Launch_AnyShapeAndRows_IsTheProductOfTheQuantizedWeights(DataType type, int outputs, int inputs)
    {
        var random = new DeterministicRandom((ulong)inputs);
        StoredTensor weight = StoredTensor.Random(random, type, outputs, inputs);
        double[][] quantized = [.. Products.Rows(weight).Select(Quantized)];
        float[] bias = random.Gaussians(outputs);
        float[] input = random.Gaussians(21 * inputs);
        using LinearRig rig = new(exact: false, quantize: true, bias, weight);
        float[] together = rig.Multiply(input);
        Products.AssertRight(input, quantized, bias, together, $"{outputs} x {inputs}");
        foreach (int rows in (int[])[1, 2, 4, 7, 8, 16])
        {
            int last = 21 - rows;
            Roundings.AssertSameBits(
                together.AsSpan(last * outputs), rig.Multiply(input[(last * inputs)..]), $"{rows} rows of {inputs}");
        }
    }

    // A unit vector gives back a weight: the whole number times its scale, rounded once.
    [CudaFact]
    public void Launch_UnitVectors_GiveTheQuantizedWeights()
    {
        const int inputs = 100;
        StoredTensor weight = StoredTensor.Random(new DeterministicRandom(1), DataType.Float32, 3, inputs);
        double[][] quantized = [.. Products.Rows(weight).Select(Quantized)];
        float[] units = new float[inputs * inputs];
        float[] expected = new float[inputs * 3];
        for (int k = 0; k < inputs; k++)
        {
            units[k * (inputs + 1)] = 1;
            for (int output = 0; output < 3; output++)
            {
                expected[(3 * k) + output] = (float)quantized[output][k];
            }
        }

        using LinearRig rig = new(exact: false, quantize: true, null, weight);
        Assert.Equal(expected, rig.Multiply(units));
        Assert.Equal(WeightFormat.Int8, rig.Matrix.Format);
        Assert.Equal(3 * (128 + (2 * 4)), rig.Matrix.ByteSize);
    }

    [CudaTheory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Launch_NumberThatIsNotFinite_ShowsInItsRowOrOutputOnly(float broken)
    {
        float[] ones = [.. Enumerable.Repeat(1f, 200)];
        float[] damaged = [.. ones];
        damaged[150] = broken;
        using LinearRig whole = new(exact: false, quantize: true, null, new ArrayTensor("w", ones, 2, 100));
        using LinearRig broke = new(exact: false, quantize: true, null, new ArrayTensor("w", damaged, 2, 100));
        Assert.Equal([true, true, false, false], whole.Multiply(damaged).Select(float.IsFinite));
        Assert.Equal([true, false, true, false], broke.Multiply(ones).Select(float.IsFinite));
    }

    [CudaFact]
    public void Launch_ZeroWeights_GiveZeros()
    {
        using LinearRig rig = new(exact: false, quantize: true, null, new ArrayTensor("w", new float[64], 1, 64));
        Assert.Equal([0f], rig.Multiply([.. Enumerable.Repeat(1f, 64)]));
    }

    // By the formula, as the processor does it.
    private static double[] Quantized(double[] row) => [.. row.Chunk(Group).SelectMany(group =>
    {
        float scale = (float)group.Max(Math.Abs) / 127;
        return group.Select(value => scale > 0 ? MathF.Round((float)value / scale) * (double)scale : 0);
    })];
}
