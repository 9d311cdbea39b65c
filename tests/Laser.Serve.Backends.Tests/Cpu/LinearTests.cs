using Laser.Serve.Compute;
using Laser.Serve.Cpu;
using Laser.Serve.Cpu.Linear;
using Laser.Serve.Cpu.Storage;

namespace Laser.Serve.Backends.Tests.Cpu;

public class LinearTests
{
    public static TheoryData<DataType, int, int> Shapes()
    {
        (int, int)[] shapes =
            [(1, 1), (3, 2), (15, 7), (16, 16), (63, 33), (64, 64), (65, 31), (100, 129), (192, 192), (300, 512)];
        TheoryData<DataType, int, int> data = [];
        foreach (DataType type in Enum.GetValues<DataType>())
        {
            foreach ((int outputs, int inputs) in shapes)
            {
                data.Add(type, outputs, inputs);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Linear_AnyRowsAndShape_OneChainOfFusedAddsPerOutput(DataType type, int outputs, int inputs)
    {
        MatrixTensor matrix = new(type, outputs, inputs, 1, fine: true);
        float[] bias = new MatrixTensor(DataType.Float32, 1, outputs, 2, fine: true).Values(0);
        float[][] x = [.. Enumerable.Range(0, 20).Select(
            i => new MatrixTensor(DataType.Float32, 1, inputs, 10 + i, fine: true).Values(0))];
        foreach (int threads in (int[])[1, 3])
        {
            using CpuBackend backend = new(new CpuOptions { ThreadCount = threads, BFloat16Dot = BFloat16DotProduct.Off });
            using DeviceMatrix weight = backend.LoadMatrix(matrix);
            using DeviceTensor biasTensor = backend.LoadTable(new ArrayTensor("bias", bias, 1, outputs));
            for (int rows = 1; rows <= 20; rows++)
            {
                Check(backend, matrix, weight, x, rows, null, bias);
                Check(backend, matrix, weight, x, rows, biasTensor, bias);
            }
        }
    }

    [Fact]
    public void Linear_ManyRowsAndPanels_SameBitsForAnyThreadCount()
    {
        const int Rows = 150;
        MatrixTensor matrix = new(DataType.BFloat16, 1000, 260, 1);
        float[][] results = new float[3][];
        for (int i = 0; i < 3; i++)
        {
            using CpuBackend backend = new(new CpuOptions { ThreadCount = (2 * i) + 1 });
            using DeviceMatrix weight = backend.LoadMatrix(matrix);
            using DeviceTensor input = backend.CreateTensor(Rows, 260);
            using DeviceTensor output = backend.CreateTensor(Rows, 1000);
            for (int row = 0; row < Rows; row++)
            {
                new MatrixTensor(DataType.Float32, 1, 260, row, fine: true).CopyRow(0, ((CpuTensor)input).Span(row));
            }

            backend.Linear(input, Rows, weight, null, output);
            results[i] = new float[Rows * 1000];
            backend.Download(output, Rows, results[i]);
        }

        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
    }

    [Theory]
    [InlineData(DataType.BFloat16, DataType.BFloat16, 2)]
    [InlineData(DataType.Float16, DataType.Float16, 4)]
    [InlineData(DataType.BFloat16, DataType.Float32, 4)]
    public void LoadMatrix_Stacked_GivesEveryRowBackExactly(DataType first, DataType second, int bytesPerWeight)
    {
        MatrixTensor upper = new(first, 70, 33, 1, fine: true);
        MatrixTensor lower = new(second, 41, 33, 2, fine: true);
        using CpuBackend backend = new(new CpuOptions { ThreadCount = 2 });
        using DeviceMatrix table = backend.LoadMatrix(upper, lower);
        using DeviceTensor output = backend.CreateTensor(111, 33);
        ForwardBatch batch = new(111, 1, 8);
        batch.Add([.. Enumerable.Range(0, 111).Reverse()], 0, [0], 0, 1);
        backend.Embed(batch, table, output);

        Assert.Equal(111, table.OutputFeatures);
        Assert.Equal(128L * 34 * bytesPerWeight, table.ByteSize);
        for (int row = 0; row < 111; row++)
        {
            int id = 110 - row;
            Assert.Equal(id < 70 ? upper.Values(id) : lower.Values(id - 70), ((CpuTensor)output).Span(row).ToArray());
        }

        batch.Clear();
        batch.Add([111], 0, [0], 0, 1);
        Assert.Throws<ArgumentException>(() => backend.Embed(batch, table, output));
    }

    [Fact]
    public void LoadMatrix_WidthsDiffer_ThrowsWithTheName()
    {
        using CpuBackend backend = new(new CpuOptions { ThreadCount = 1 });
        ArgumentException exception = Assert.Throws<ArgumentException>(() => backend.LoadMatrix(
            new MatrixTensor(DataType.Float32, 2, 8, 1), new MatrixTensor(DataType.Float32, 2, 9, 2)));
        Assert.Contains("matrix 2 has 9 columns and matrix 1 8", exception.Message, StringComparison.Ordinal);
    }

    // Inputs, panel, bias and outputs each end at a page that must not be touched.
    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(64)]
    public unsafe void Tiles_ExactMemory_StayInside(int inputs)
    {
        using GuardedFloats x = GuardedFloats.Random(4 * inputs, 1);
        using GuardedFloats bias = GuardedFloats.Random(64, 2);
        using GuardedFloats output = new(4 * 64);
        int pairs = (inputs + 1) / 2;
        using GuardedFloats panel16 = GuardedFloats.Random(pairs * 64, 3, 1e-3f);
        using GuardedFloats panel32 = GuardedFloats.Random(pairs * 128, 4);
        LinearTileRows rows = new(x.Pointer, inputs, 4);
        byte* narrow = (byte*)(panel16.Pointer + 48);
        LinearTile.FourRows<BFloat16Pairs>(in rows, (byte*)panel16.Pointer, inputs, bias.Pointer, output.Pointer, 64);
        LinearTile.FourRowsNarrow<BFloat16Pairs>(in rows, narrow, inputs, bias.Pointer + 48, output.Pointer + 48, 64);
        LinearTile.OneRow<BFloat16Pairs>(
            x.Pointer + (3 * inputs), (byte*)panel16.Pointer, inputs, bias.Pointer, output.Pointer + 192);
        LinearTile.FourRows<SinglePairs>(in rows, (byte*)panel32.Pointer, inputs, bias.Pointer, output.Pointer, 64);
        LinearTile.FourRowsNarrow<SinglePairs>(
            in rows, (byte*)(panel32.Pointer + 48), inputs, bias.Pointer + 48, output.Pointer + 48, 64);
        LinearTile.OneRow<SinglePairs>(
            x.Pointer + (3 * inputs), (byte*)panel32.Pointer, inputs, bias.Pointer, output.Pointer + 192);
        Assert.DoesNotContain(float.NaN, output.Span.ToArray());
    }

    private static void Check(
        CpuBackend backend,
        MatrixTensor matrix,
        DeviceMatrix weight,
        float[][] x,
        int rows,
        DeviceTensor? biasTensor,
        float[] bias)
    {
        using DeviceTensor input = backend.CreateTensor(rows, matrix.Columns);
        using DeviceTensor output = backend.CreateTensor(rows + 1, matrix.Rows);
        for (int row = 0; row < rows; row++)
        {
            x[row].CopyTo(((CpuTensor)input).Span(row));
        }

        ((CpuTensor)output).Span(rows).Fill(12345f);
        backend.Linear(input, rows, weight, biasTensor, output);
        for (int column = 0; column < matrix.Rows; column++)
        {
            float[] w = matrix.Values(column);
            for (int row = 0; row < rows; row++)
            {
                float expected = biasTensor is null ? 0 : bias[column];
                for (int k = 0; k < w.Length; k++)
                {
                    expected = MathF.FusedMultiplyAdd(x[row][k], w[k], expected);
                }

                Assert.Equal(expected, ((CpuTensor)output).Span(row)[column]);
            }
        }

        Assert.Equal(-1, ((CpuTensor)output).Span(rows).IndexOfAnyExcept(12345f));
    }
}
