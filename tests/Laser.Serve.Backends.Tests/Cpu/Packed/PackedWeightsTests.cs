using Laser.Serve.Compute;
using Laser.Serve.Cpu;

namespace Laser.Serve.Backends.Tests.Cpu.Packed;

public sealed class PackedWeightsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("packed-weights-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Load_SecondTime_MapsTheSameNumbers(bool int8)
    {
        float[] plain = Run(Create(null, int8));
        float[] written = Run(Create(Options(), int8), "packed weights written");
        Assert.Single(_folder.GetFiles());

        float[] mapped = Run(Create(Options(verify: true), int8), "packed weights mapped");

        Assert.Equal(plain, written);
        Assert.Equal(plain, mapped);
    }

    [Fact]
    public void Load_OtherCheckpointOrFormat_WritesAFileOfItsOwn()
    {
        Run(Create(Options(), int8: false), "packed weights written");

        Run(Create(Options(), int8: true), "packed weights written");
        Run(Create(Options() with { Checkpoint = "other" }, int8: false), "packed weights written");

        Assert.Equal(3, _folder.GetFiles().Length);
    }

    [Fact]
    public void Load_FileOfAnotherCheckpointUnderTheName_IsReplaced()
    {
        Run(Create(Options() with { Checkpoint = "other" }, int8: false), "packed weights written");
        File.Move(PathOf("other"), PathOf("one"));

        Run(Create(Options(), int8: false), "packed weights written");
        Run(Create(Options(), int8: false), "packed weights mapped");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(5000)]
    public void Create_FileCutShort_IsRefusedByName(int missing)
    {
        Run(Create(Options(), int8: false), "packed weights written");
        using (FileStream file = File.OpenWrite(PathOf("one")))
        {
            file.SetLength(file.Length - missing);
        }

        InvalidDataException error = Assert.Throws<InvalidDataException>(() => Create(Options(), int8: false));

        Assert.Contains($"{PathOf("one")}: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_ByteChanged_IsFoundWhereItIsLookedFor()
    {
        Run(Create(Options(), int8: false), "packed weights written");
        using (FileStream file = File.Open(PathOf("one"), FileMode.Open))
        {
            file.Position = 100;
            int value = file.ReadByte();
            file.Position = 100;
            file.WriteByte((byte)(value ^ 1));
        }

        InvalidDataException error =
            Assert.Throws<InvalidDataException>(() => Create(Options(verify: true), int8: false));

        Assert.Contains("matrix 1 is not what was written", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LoadMatrix_AnotherThanWritten_IsRefused()
    {
        Run(Create(Options(), int8: false), "packed weights written");
        using CpuBackend backend = Create(Options(), int8: false);

        InvalidDataException error = Assert.Throws<InvalidDataException>(
            () => backend.LoadMatrix(new MatrixTensor(DataType.BFloat16, 3, 4, seed: 9)));

        Assert.Contains("has matrix 1 in the place of matrix 9", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FolderThatCannotBe_LoadsAndSaysWhy()
    {
        string file = Path.Combine(_folder.FullName, "file");
        File.WriteAllText(file, "");

        float[] y = Run(
            Create(Options() with { Folder = Path.Combine(file, "folder") }, int8: false), "packed weights not written (");

        Assert.Equal(Run(Create(null, int8: false)), y);
    }

    [Fact]
    public void Dispose_BeforeTheFirstStep_LeavesNoFile()
    {
        using (CpuBackend backend = Create(Options(), int8: false))
        {
            backend.LoadMatrix(new MatrixTensor(DataType.BFloat16, 3, 4, seed: 1)).Dispose();
        }

        Assert.Empty(_folder.GetFiles());
    }

    private PackedWeightsOptions Options(bool verify = false) => new(_folder.FullName, "one", verify);

    private string PathOf(string checkpoint) => Path.Combine(_folder.FullName, $"{checkpoint}.packed");

    private static CpuBackend Create(PackedWeightsOptions? packed, bool int8) =>
        new(new CpuOptions { ThreadCount = 2, Int8Weights = int8, PackedWeights = packed });

    // A small "model": an embedding, stacked matrices and one of fp32, and the products of all.
    private static float[] Run(CpuBackend backend, string? state = null)
    {
        using CpuBackend owned = backend;
        using DeviceMatrix embedding = backend.LoadEmbedding(new MatrixTensor(DataType.BFloat16, 70, 33, seed: 1));
        using DeviceMatrix stacked = backend.LoadMatrix(
            new MatrixTensor(DataType.BFloat16, 100, 33, seed: 2), new MatrixTensor(DataType.BFloat16, 29, 33, seed: 3));
        using DeviceMatrix single = backend.LoadMatrix(new MatrixTensor(DataType.Float32, 65, 33, seed: 4, fine: true));
        using DeviceTensor input = backend.LoadTable(new MatrixTensor(DataType.Float32, 2, 33, seed: 5, fine: true));
        var batch = new ForwardBatch(maxTokens: 2, maxSequences: 1, maxBlocks: 1);
        batch.Add([3, 69], 0, [0], 0, 1);
        var result = new List<float>();
        backend.BeginStep(batch);
        foreach (DeviceMatrix matrix in (DeviceMatrix[])[embedding, stacked, single])
        {
            using DeviceTensor output = backend.CreateTensor(2, matrix.OutputFeatures);
            float[] rows = new float[2 * matrix.OutputFeatures];
            backend.Linear(input, 2, matrix, bias: null, output);
            backend.Download(output, 2, rows);
            result.AddRange(rows);
        }

        backend.EndStep(new SequenceFault[1]);
        if (state is not null)
        {
            Assert.Contains(state, backend.Description, StringComparison.Ordinal);
        }

        return [.. result];
    }
}
