using Laser.Serve.Compute;
using Laser.Serve.Cuda.Linear;
using Laser.Serve.Cuda.Operations;
using Laser.Serve.Cuda.Tests.Emulation;
using Laser.Serve.Cuda.Tests.Operations;
using Laser.Serve.Testing;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Cuda.Tests.Linear;

[Collection(EmulationGroup.Name)]
public sealed class MatrixLoaderTests
{
    // The second matrix begins in the middle of a piece and takes several.
    [CudaTheory]
    [InlineData(DataType.BFloat16, DataType.BFloat16, 1001, 2)]
    [InlineData(DataType.Float16, DataType.Float16, 77, 2)]
    [InlineData(DataType.BFloat16, DataType.Float16, 3000, 4)]
    public void Load_Stacked_KeepsEveryNumber(DataType first, DataType second, int columns, int bytes)
    {
        var random = new DeterministicRandom((ulong)columns);
        StoredTensor upper = StoredTensor.Random(random, first, 70, columns);
        StoredTensor lower = StoredTensor.Random(random, second, 1200, columns);
        int[] ids = [.. Enumerable.Range(0, 1270)];
        using OperationRig rig = new();
        CudaMatrix matrix = rig.Own(new MatrixLoader(rig.Device).Load(upper, lower));
        EmbedOperation embed = new(rig.Kernels);
        ulong rows = rig.Upload(ids);
        float[] actual = rig.Run(
            ids.Length, columns, output => embed.Launch(rig.Queue, rows, ids.Length, matrix, output));
        Assert.Equal((1270, columns), (matrix.OutputFeatures, matrix.InputFeatures));
        Assert.Equal(1270L * bytes * ((columns + 63) / 64 * 64), matrix.ByteSize);
        float[] expected = new float[columns];
        foreach (int id in ids)
        {
            (id < 70 ? upper : lower).CopyRow(id < 70 ? id : id - 70, expected);
            Roundings.AssertSameBits(expected, actual.AsSpan(id * columns, columns), $"row {id}");
        }
    }

    [CudaFact]
    public void LoadEmbedding_Quantizing_KeepsTheTableAsItIs()
    {
        StoredTensor table = StoredTensor.Random(new DeterministicRandom(1), DataType.BFloat16, 64, 128);
        using OperationRig rig = new();
        MatrixLoader loader = new(rig.Device, quantize: true);
        Assert.Equal(64 * 128 * 2, rig.Own(loader.LoadEmbedding(table)).ByteSize);
        Assert.Equal(64 * (128 + (2 * 4)), rig.Own(loader.Load(table)).ByteSize);
    }

    [CudaFact]
    public void Load_WidthsDiffer_NamesTheTensors()
    {
        using OperationRig rig = new();
        int before = TestDevice.LiveCount();
        ArgumentException exception = Assert.Throws<ArgumentException>(() => new MatrixLoader(rig.Device).Load(
            new ArrayTensor("upper", new float[16], 2, 8), new ArrayTensor("lower", new float[18], 2, 9)));
        Assert.Contains("lower has 9 columns and upper 8", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, TestDevice.LiveCount());
    }

    [CudaFact]
    public void Load_NothingOrNoNumbers_IsRefused()
    {
        using OperationRig rig = new();
        MatrixLoader loader = new(rig.Device);
        Assert.Throws<ArgumentException>(() => loader.Load());
        ArgumentException exception =
            Assert.Throws<ArgumentException>(() => loader.Load(new ArrayTensor("empty", [], 0, 8)));
        Assert.Contains("empty of 0 x 8", exception.Message, StringComparison.Ordinal);
    }

    [CudaFact]
    public void Load_SourceFails_GivesTheMemoryBack()
    {
        using OperationRig rig = new();
        MatrixLoader loader = new(rig.Device);
        rig.Own(loader.Load(new ArrayTensor("whole", new float[64], 1, 64)));
        int before = TestDevice.LiveCount();
        Assert.Throws<IOException>(() => loader.Load(new BrokenTensor()));
        Assert.Equal(before, TestDevice.LiveCount());
    }

    private sealed class BrokenTensor() : HostTensor("broken", DataType.Float32, 3, 64)
    {
        public override ReadOnlySpan<byte> RowBytes(int row) =>
            row < 2 ? new byte[64 * sizeof(float)] : throw new IOException("The file is gone.");
    }
}
