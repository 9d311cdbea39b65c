using System.Runtime.InteropServices;
using Laser.Serve.Compute;
using Laser.Serve.Cpu;
using Laser.Serve.Cpu.Linear;
using Laser.Serve.Testing;

namespace Laser.Serve.Backends.Tests.Cpu;

public class Int8LinearTests
{
    private const int Group = QuantizedNumbers.Group;

    public static TheoryData<DataType, int, int> Shapes()
    {
        TheoryData<DataType, int, int> data = [];
        foreach (DataType type in Enum.GetValues<DataType>())
        {
            foreach ((int outputs, int inputs) in ((int, int)[])
                [(1, 1), (3, 2), (16, 63), (63, 64), (64, 65), (65, 31), (130, 129), (100, 300)])
            {
                data.Add(type, outputs, inputs);
            }
        }

        return data;
    }

    // The oracle quantizes by the formula, in double arithmetic but for the rounding of scales to fp32; what is left to
    // differ is one conversion and one multiply-add per group, and the last one.
    [Theory]
    [MemberData(nameof(Shapes))]
    public void Linear_AnyShape_IsTheProductOfTheQuantizedNumbers(DataType type, int outputs, int inputs)
    {
        MatrixTensor weight = new(type, outputs, inputs, 1, fine: true);
        MatrixTensor input = new(DataType.Float32, 11, inputs, 2, fine: true);
        float[] bias = new MatrixTensor(DataType.Float32, 1, outputs, 3, fine: true).Values(0);
        double[][] w = [.. Enumerable.Range(0, outputs).Select(i => QuantizedNumbers.Weights(weight.Values(i)))];
        double[][] x = [.. Enumerable.Range(0, 11).Select(i => QuantizedNumbers.Inputs(input.Values(i)))];
        foreach (int rows in (int[])[1, 3, 4, 11])
        {
            float[] y = Run(weight, input, rows, bias);
            for (int i = 0; i < y.Length; i++)
            {
                (double[] a, double[] b) = (x[i / outputs], w[i % outputs]);
                double expected = bias[i % outputs] + a.Zip(b, (p, q) => p * q).Sum();
                double magnitudes = Math.Abs(bias[i % outputs]) + a.Zip(b, (p, q) => Math.Abs(p * q)).Sum();
                double roundings = (2 * ((inputs + Group - 1) / Group)) + 2;
                Assert.InRange(Math.Abs(y[i] - expected), 0, Math.ScaleB(roundings * magnitudes, -24));
            }
        }
    }

    // A weight is off by half a step of its group at most, an input by half a step of its row.
    [Theory]
    [MemberData(nameof(Shapes))]
    public void Linear_AnyShape_IsNearTheExactProduct(DataType type, int outputs, int inputs)
    {
        MatrixTensor weight = new(type, outputs, inputs, 4, fine: true);
        MatrixTensor input = new(DataType.Float32, 5, inputs, 5, fine: true);
        float[] y = Run(weight, input, 5, null);
        for (int i = 0; i < y.Length; i++)
        {
            float[] x = input.Values(i / outputs);
            float[] w = weight.Values(i % outputs);
            double xStep = x.Max(Math.Abs) / 32767.0;
            double expected = 0;
            double bound = 0;
            for (int k = 0; k < inputs; k++)
            {
                double wStep = w.Skip(k / Group * Group).Take(Group).Max(Math.Abs) / 127.0;
                expected += (double)x[k] * w[k];
                bound += (0.5 * wStep * Math.Abs(x[k])) + (0.5 * xStep * (Math.Abs(w[k]) + wStep));
            }

            Assert.InRange(Math.Abs(y[i] - expected), 0, (1.001 * bound) + 1e-6);
        }
    }

    [Fact]
    public void Linear_OutliersOfAnotherGroup_DoNotCoarsenAGroup()
    {
        float[] w = [.. Enumerable.Range(0, 128).Select(k => k < 64 ? 0.01f * (k % 5) : 1000f)];
        float[] x = [.. Enumerable.Range(0, 128).Select(k => k < 64 ? 1f : 0f)];

        float[] y = Run(new ArrayTensor("w", w, 1, 128), new ArrayTensor("x", x, 1, 128), 1, null);

        Assert.InRange(y[0], w.Take(64).Sum() * 0.99, w.Take(64).Sum() * 1.01);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Linear_NotFinite_ShowsInItsRowOrOutputOnly(float broken)
    {
        float[] ones = [.. Enumerable.Repeat(1f, 200)];
        float[] damaged = [.. ones];
        damaged[150] = broken;

        float[] rows = Run(new ArrayTensor("w", ones, 2, 100), new ArrayTensor("x", damaged, 2, 100), 2, null);
        float[] outputs = Run(new ArrayTensor("w", damaged, 2, 100), new ArrayTensor("x", ones, 2, 100), 2, null);

        Assert.Equal([true, true, false, false], rows.Select(float.IsFinite));
        Assert.Equal([true, false, true, false], outputs.Select(float.IsFinite));
    }

    [Fact]
    public void Linear_ZerosAndTinyNumbers_GiveZeros()
    {
        float[] tiny = [.. Enumerable.Repeat(1e-42f, 64)];
        float[] zeros = new float[64];
        float[] ones = [.. Enumerable.Repeat(1f, 64)];

        Assert.Equal([0f], Run(new ArrayTensor("w", zeros, 1, 64), new ArrayTensor("x", ones, 1, 64), 1, null));
        Assert.Equal([0f], Run(new ArrayTensor("w", ones, 1, 64), new ArrayTensor("x", zeros, 1, 64), 1, null));
        Assert.InRange(Run(new ArrayTensor("w", tiny, 1, 64), new ArrayTensor("x", ones, 1, 64), 1, null)[0], 0, 1e-40f);
        Assert.InRange(Run(new ArrayTensor("w", ones, 1, 64), new ArrayTensor("x", tiny, 1, 64), 1, null)[0], 0, 1e-40f);
    }

    // Inputs, panel and sums each end at a page that must not be touched.
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public unsafe void Tiles_ExactMemory_StayInsideAndAgree(int groups)
    {
        using var x = new GuardedMemory<int>(4 * groups * GroupLayout.Pairs);
        using var panel = new GuardedMemory<byte>(groups * GroupLayout.GroupBytes);
        using var four = new GuardedMemory<float>(4 * 64);
        using var narrow = new GuardedMemory<float>(4 * 64);
        using var one = new GuardedMemory<float>(64);
        new Random(1).NextBytes(MemoryMarshal.AsBytes(x.Span));
        GroupLayout.Pack(new MatrixTensor(DataType.Float32, 1, groups * 64, 7).Values(0), panel.Pointer, 63);
        Int8TileRows rows = new(x.Pointer, groups * GroupLayout.Pairs);

        Int8Tile.FourRows(in rows, panel.Pointer, groups, four.Pointer, 64);
        for (int lane = 0; lane < 64; lane += 16)
        {
            Int8Tile.FourRowsNarrow(in rows, panel.Pointer, lane, groups, narrow.Pointer + lane, 64);
        }

        Int8Tile.OneRow(rows.Row3, panel.Pointer, groups, one.Pointer);

        Assert.NotEqual(0, four.Span[^1]);
        Assert.Equal(four.Span.ToArray(), narrow.Span.ToArray());
        Assert.Equal(four.Span[192..].ToArray(), one.Span.ToArray());
    }

    [Fact]
    public void Load_Matrix_IsQuantizedAndEmbeddingIsNot()
    {
        using CpuBackend backend = Create();
        MatrixTensor table = new(DataType.BFloat16, 64, 128, 6);

        using DeviceMatrix matrix = backend.LoadMatrix(table);
        using DeviceMatrix embedding = backend.LoadEmbedding(table);

        Assert.Equal(64 * (128 + (2 * 4)), matrix.ByteSize);
        Assert.Equal(64 * 128 * 2, embedding.ByteSize);
        Assert.EndsWith(", int8 weights, 2 threads", backend.Description, StringComparison.Ordinal);
    }

    private static float[] Run(HostTensor weight, HostTensor input, int rows, float[]? bias)
    {
        using CpuBackend backend = Create();
        using DeviceMatrix matrix = backend.LoadMatrix(weight);
        using DeviceTensor x = backend.LoadTable(input);
        using DeviceTensor? offset = bias is null ? null : backend.LoadTable(new ArrayTensor("bias", bias, 1, bias.Length));
        using DeviceTensor y = backend.CreateTensor(rows, weight.Rows);
        float[] result = new float[rows * weight.Rows];
        backend.Linear(x, rows, matrix, offset, y);
        backend.Download(y, rows, result);
        return result;
    }

    private static CpuBackend Create() =>
        new(new CpuOptions { ThreadCount = 2, Int8Weights = true, BFloat16Dot = BFloat16DotProduct.Off });
}
