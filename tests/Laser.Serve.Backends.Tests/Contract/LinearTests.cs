using Laser.Serve.Compute;
using Laser.Serve.Testing;
using Laser.Serve.Testing.Generators;
using Laser.Serve.Testing.Reference;

namespace Laser.Serve.Backends.Tests.Contract;

public sealed class LinearTests
{
    private const DataType F32 = DataType.Float32;
    private const DataType F16 = DataType.Float16;
    private const DataType BF16 = DataType.BFloat16;

    /// <summary>Outputs and inputs.</summary>
    public static TheoryData<string, (int Outputs, int Inputs)> Shapes => BackendsUnderTest.ByWeightsWith<(int, int)>(
        [(1, 1), (1, 64), (16, 16), (17, 33), (48, 7), (63, 128), (96, 129), (257, 31), (70, 514)]);

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Linear_RandomShapes_MatchesReference(string backend, (int Outputs, int Inputs) shape)
    {
        (int outputs, int inputs) = shape;
        var random = new DeterministicRandom((ulong)((1000 * outputs) + inputs));
        foreach (DataType type in (DataType[])[F32, F16, BF16])
        {
            StoredTensor[] weight = [StoredTensor.Random(random, type, outputs, inputs)];
            foreach (int rows in (int[])[.. Operation.RowCounts, 65, 130])
            {
                float[] input = random.Gaussians(rows * inputs);
                AssertMatchesReference(backend, weight, null, input, rows);
            }
        }
    }

    [Theory]
    [MemberData(nameof(BackendsUnderTest.NamesByWeights), MemberType = typeof(BackendsUnderTest))]
    public void Linear_StackedMatricesOfDifferentTypesAndBias_MatchesReference(string backend)
    {
        const int inputs = 45;
        var random = new DeterministicRandom(7);
        DataType[][] stacks = [[BF16, BF16], [F32, F16, BF16], [BF16, F32], [F16, F16], [F16, BF16]];
        foreach (DataType[] types in stacks)
        {
            StoredTensor[] weight =
                [.. types.Select((type, i) => StoredTensor.Random(random, type, 9 + (20 * i), inputs))];
            float[] bias = random.Gaussians(weight.Sum(w => w.Rows));
            foreach (int rows in Operation.RowCounts)
            {
                AssertMatchesReference(backend, weight, bias, random.Gaussians(rows * inputs), rows);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Linear_RowInABatch_HasTheBitsItHasAlone(string backend, (int Outputs, int Inputs) shape)
    {
        (int outputs, int inputs) = shape;
        var random = new DeterministicRandom((ulong)((2000 * outputs) + inputs));
        foreach (DataType type in (DataType[])[F32, BF16])
        {
            StoredTensor[] weight = [StoredTensor.Random(random, type, outputs, inputs)];
            float[] bias = random.Gaussians(outputs);
            float[] input = random.Gaussians(40 * inputs);
            float[] together = Run(backend, weight, bias, input, 40);
            foreach (int rows in (int[])[1, 3, 8, 17])
            {
                for (int first = 0; first + rows <= 40; first += rows)
                {
                    float[] part = input[(first * inputs)..((first + rows) * inputs)];
                    Bits.AssertEqual(
                        together.AsSpan(first * outputs, rows * outputs),
                        Run(backend, weight, bias, part, rows),
                        $"rows {first}.. in batches of {rows}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(BackendsUnderTest.NamesByWeights), MemberType = typeof(BackendsUnderTest))]
    public void LoadMatrix_DifferentWidths_IsRefused(string backend)
    {
        var random = new DeterministicRandom(8);
        using IBackend subject = BackendsUnderTest.Create(backend);
        Assert.ThrowsAny<ArgumentException>(() => subject.LoadMatrix(
            StoredTensor.Random(random, F32, 3, 8), StoredTensor.Random(random, F32, 3, 9)));
    }

    [Theory]
    [MemberData(nameof(BackendsUnderTest.NamesByWeights), MemberType = typeof(BackendsUnderTest))]
    public void LoadMatrix_Stacked_AddsUpRows(string backend)
    {
        var random = new DeterministicRandom(9);
        using IBackend subject = BackendsUnderTest.Create(backend);
        using DeviceMatrix matrix = subject.LoadMatrix(
            StoredTensor.Random(random, F32, 3, 8), StoredTensor.Random(random, BF16, 5, 8));
        Assert.Equal((8, 8), (matrix.OutputFeatures, matrix.InputFeatures));
        Assert.True(matrix.ByteSize >= 8 * 8);
    }

    private static void AssertMatchesReference(
        string backend, StoredTensor[] weight, float[]? bias, float[] input, int rows)
    {
        float[] actual = Run(backend, weight, bias, input, rows);
        int inputs = weight[0].Columns;
        int roundings = inputs + 2;
        if (backend is BackendsUnderTest.Int8 or BackendsUnderTest.CudaInt8)
        {
            weight = [.. weight.Select(w => Mapped(w, QuantizedNumbers.Weights))];
            roundings += 4; // of these numbers, and by scales
        }

        if (backend == BackendsUnderTest.Int8)
        {
            input = [.. input.Chunk(inputs).SelectMany(QuantizedNumbers.Inputs).Select(x => (float)x)];
        }

        if (backend is BackendsUnderTest.Dot or BackendsUnderTest.TensorCores && weight.All(w => w.Type == BF16))
        {
            input = Array.ConvertAll(input, x => StorageRounding.Round(x, BF16));
        }

        float[] expected = Run(BackendsUnderTest.Reference, weight, bias, input, rows);

        // Any order of summation is within inputs * 2^-24 of the sum of magnitudes, which the same map of magnitudes
        // gives. A dot product rounds the inputs first, quantization inputs and weights.
        StoredTensor[] magnitudes = [.. weight.Select(w => Mapped(w, row => row.Select(x => Math.Abs((double)x))))];
        float[]? biasMagnitudes = bias is null ? null : Array.ConvertAll(bias, MathF.Abs);
        float[] sums = Run(
            BackendsUnderTest.Reference, magnitudes, biasMagnitudes, Array.ConvertAll(input, MathF.Abs), rows);
        string what = $"{rows} rows, {string.Join('+', weight.Select(w => $"{w.Rows} {w.Type}"))} of {inputs}";
        Operation.AssertClose(expected, actual, i => Operation.Roundings(roundings) * sums[i], what);
    }

    private static float[] Run(string backend, StoredTensor[] weight, float[]? bias, float[] input, int rows)
    {
        using IBackend subject = BackendsUnderTest.Create(backend);
        using DeviceMatrix matrix = subject.LoadMatrix(weight);
        using DeviceTensor source = Operation.Upload(subject, input, weight[0].Columns);
        using DeviceTensor? offset = bias is null ? null : Operation.Upload(subject, bias, bias.Length);
        return Operation.Run(
            subject, Operation.Batch(rows), rows, matrix.OutputFeatures,
            output => subject.Linear(source, rows, matrix, offset, output));
    }

    private static StoredTensor Mapped(StoredTensor tensor, Func<float[], IEnumerable<double>> map)
    {
        float[] values = new float[tensor.Rows * tensor.Columns];
        for (int row = 0; row < tensor.Rows; row++)
        {
            float[] numbers = new float[tensor.Columns];
            tensor.CopyRow(row, numbers);
            map(numbers).Select(x => (float)x).ToArray().CopyTo(values, row * tensor.Columns);
        }

        return new StoredTensor("mapped", F32, values, tensor.Rows, tensor.Columns);
    }
}
