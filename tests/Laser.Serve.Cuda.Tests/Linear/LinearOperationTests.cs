using Laser.Serve.Compute;
using Laser.Serve.Cuda.Linear;
using Laser.Serve.Cuda.Memory;
using Laser.Serve.Cuda.Tests.Emulation;
using Laser.Serve.Cuda.Tests.Operations;
using Laser.Serve.Testing;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Cuda.Tests.Linear;

[Collection(EmulationGroup.Name)]
public sealed class LinearOperationTests
{
    // Around the sizes of tiles, vectors, groups and segments, and unaligned rows.
    private static readonly (int Outputs, int Inputs)[] Shapes =
        [(1, 1), (3, 64), (17, 33), (65, 129), (5, 511), (130, 36), (70, 514), (9, 1100)];

    private static readonly int[] RowCounts = [1, 2, 3, 4, 5, 8, 9, 16, 17, 33];

    /// <summary>Type, and whether inputs are taken as they are.</summary>
    public static TheoryData<DataType, bool> Families => new()
    {
        { DataType.Float32, false },
        { DataType.Float16, false },
        { DataType.BFloat16, true },
        { DataType.BFloat16, false },
    };

    [CudaTheory]
    [MemberData(nameof(Families))]
    public void Launch_AnyShapeAndRows_IsTheProductWithTheBitsOfARowAlone(DataType type, bool exact)
    {
        var random = new DeterministicRandom(1);
        foreach ((int outputs, int inputs) in Shapes)
        {
            StoredTensor weight = StoredTensor.Random(random, type, outputs, inputs);
            float[] bias = random.Gaussians(outputs);
            float[] input = random.Gaussians(RowCounts[^1] * inputs);
            using LinearRig rig = new(exact, quantize: false, bias, weight);
            float[] together = rig.Multiply(input);
            float[] rounded = rig.Matrix.Format == WeightFormat.BFloat16 && !exact ? Products.RoundToBFloat16(input) : input;
            Products.AssertRight(rounded, Products.Rows(weight), bias, together, $"{outputs} x {inputs}");
            foreach (int rows in RowCounts)
            {
                Roundings.AssertSameBits(
                    together.AsSpan(0, rows * outputs), rig.Multiply(input[..(rows * inputs)]), $"{rows} rows of {inputs}");
                int last = (RowCounts[^1] - rows) * inputs;
                Roundings.AssertSameBits(
                    together.AsSpan((RowCounts[^1] - rows) * outputs), rig.Multiply(input[last..]), $"last {rows} rows");
            }
        }
    }

    // 8, 16, 32, 64 rows a block, two passes of 64, small tiles, large tiles.
    [CudaTheory]
    [InlineData(20, 1100, 200)]
    [InlineData(70, 70, 521)]
    [InlineData(131, 36, 600)]
    public void Launch_EveryKernelOfTensorCores_SameBits(int outputs, int inputs, int most)
    {
        var random = new DeterministicRandom(2);
        StoredTensor weight = StoredTensor.Random(random, DataType.BFloat16, outputs, inputs);
        float[] bias = random.Gaussians(outputs);
        float[] input = random.Gaussians(most * inputs);
        using LinearRig rig = new(exact: false, quantize: false, bias, weight);
        float[] together = rig.Multiply(input);
        Products.AssertRight(
            Products.RoundToBFloat16(input), Products.Rows(weight), bias, together, $"{outputs} x {inputs}");
        foreach (int rows in (int[])[3, 12, 30, 64, 65, TensorCoreLinear.MostFewRows, 129, 192, 512])
        {
            int count = Math.Min(rows, most);
            Roundings.AssertSameBits(
                together.AsSpan((most - count) * outputs), rig.Multiply(input[((most - count) * inputs)..]), $"{count} rows");
        }
    }

    // The sums of so many segments do not fit shared memory for 64 rows.
    [CudaFact]
    public void Launch_VeryLongRows_SameBits()
    {
        const int inputs = 30_001;
        var random = new DeterministicRandom(3);
        StoredTensor weight = StoredTensor.Random(random, DataType.BFloat16, 3, inputs);
        float[] input = random.Gaussians(33 * inputs);
        using LinearRig rig = new(exact: false, quantize: false, null, weight);
        float[] together = rig.Multiply(input);
        Products.AssertRight(Products.RoundToBFloat16(input), Products.Rows(weight), null, together, "long rows");
        Roundings.AssertSameBits(together.AsSpan(96), rig.Multiply(input[(32 * inputs)..]), "last row alone");
    }

    [CudaFact]
    public void Launch_StackedMatricesOfDifferentTypes_MultipliesAll()
    {
        const int inputs = 45;
        var random = new DeterministicRandom(4);
        DataType[][] stacks =
        [
            [DataType.BFloat16, DataType.BFloat16],
            [DataType.Float32, DataType.Float16, DataType.BFloat16],
            [DataType.Float16, DataType.Float16],
        ];
        foreach (DataType[] types in stacks)
        {
            StoredTensor[] weight =
                [.. types.Select((type, i) => StoredTensor.Random(random, type, 9 + (20 * i), inputs))];
            float[] input = random.Gaussians(5 * inputs);
            using LinearRig rig = new(exact: true, quantize: false, null, weight);
            Products.AssertRight(input, Products.Rows(weight), null, rig.Multiply(input), string.Join('+', types));
        }
    }

    [CudaFact]
    public void Launch_NumberThatIsNotFinite_ShowsInItsRowOnly()
    {
        float[] input = [.. Enumerable.Repeat(1f, 3 * 100)];
        (input[70], input[250]) = (float.NaN, float.PositiveInfinity);
        StoredTensor weight = new("ones", DataType.BFloat16, [.. Enumerable.Repeat(1f, 200)], 2, 100);
        foreach (bool exact in (bool[])[true, false])
        {
            using LinearRig rig = new(exact, quantize: false, null, weight);
            Assert.Equal([false, false, true, true, false, false], rig.Multiply(input).Select(float.IsFinite));
        }
    }

    [CudaFact]
    public void Reserve_ForTheLargestProduct_NoMoreIsTakenLater()
    {
        StoredTensor weight = StoredTensor.Random(new DeterministicRandom(5), DataType.BFloat16, 10, 100);
        using LinearRig rig = new(exact: false, quantize: false, null, weight);
        Assert.Equal(0, rig.Operation.ByteSize);
        rig.Operation.Reserve(40, 100);
        Assert.Equal(40 * 128 * 2, rig.Operation.ByteSize);
        rig.Operation.Reserve(2, 64);
        _ = rig.Multiply(new float[38 * 100]);
        Assert.Equal(40 * 128 * 2, rig.Operation.ByteSize);
        _ = rig.Multiply(new float[50 * 100]); // the tensor has two more rows
        Assert.Equal(52 * 128 * 2, rig.Operation.ByteSize);
    }

    // One row, few, a tile, many: every launcher.
    [CudaTheory]
    [MemberData(nameof(Families))]
    public void Launch_StepAfterStep_AllocatesNothing(DataType type, bool exact)
    {
        StoredTensor weight = StoredTensor.Random(new DeterministicRandom(6), type, 10, 100);
        using OperationRig rig = new();
        LinearOperation linear = rig.Own(new LinearOperation(rig.Kernels, rig.Device, exact));
        CudaMatrix matrix = rig.Own(new MatrixLoader(rig.Device).Load(weight));
        CudaTensor input = rig.Upload(new float[600 * 100], 100);
        CudaTensor output = rig.Upload(new float[600 * 10], 10);
        linear.Reserve(input.RowCapacity, 100);
        void Step()
        {
            foreach (int rows in (ReadOnlySpan<int>)[1, 5, 40, 200, 600])
            {
                linear.Launch(rig.Queue, input, rows, matrix, null, output);
            }
        }

        Step();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Step();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
