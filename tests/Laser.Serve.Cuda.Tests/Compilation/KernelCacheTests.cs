using Laser.Serve.Cuda.Compilation;
using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Tests.Emulation;

namespace Laser.Serve.Cuda.Tests.Compilation;

/// <summary>Machine code that is kept from one start to the next.</summary>
[Collection(EmulationGroup.Name)]
public sealed class KernelCacheTests : IDisposable
{
    private readonly CudaDevice _device = TestDevice.Open();
    private readonly string _folder = Directory.CreateTempSubdirectory("laser-kernels").FullName;

    public void Dispose()
    {
        _device.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [CudaFact]
    public void Get_SecondStart_CompilesNothing()
    {
        Assert.Equal(1, Compiled(_folder, "FACTOR=2"));
        Assert.Equal(0, Compiled(_folder, "FACTOR=2"));
        Assert.Single(Directory.GetFiles(_folder), file => file.EndsWith(".cubin"));
    }

    [CudaFact]
    public void Get_OtherDefines_IsAnotherEntry()
    {
        Assert.Equal(1, Compiled(_folder, "FACTOR=2"));
        Assert.Equal(1, Compiled(_folder, "FACTOR=3"));
        Assert.Equal(0, Compiled(_folder, "FACTOR=2"));
        Assert.Equal(2, Directory.GetFiles(_folder).Length);
    }

    [CudaFact]
    public void Get_ChangedHeader_IsAnotherEntry()
    {
        Assert.Equal(1, Compiled(_folder, "FACTOR=2"));

        using KernelLibrary changed = new(_device, _folder, SampleKernels.With("factor.cuh", text => text + "// changed\n"));
        changed.Get("Scale.cu", "scale", "FACTOR=2");

        Assert.Equal(1, changed.CompiledCount);
    }

    [CudaTheory]
    [InlineData("truncated")]
    [InlineData("changed")]
    [InlineData("empty")]
    public void Get_BrokenFile_IsCompiledAgainAndReplaced(string damage)
    {
        Assert.Equal(1, Compiled(_folder, "FACTOR=2"));
        string file = Assert.Single(Directory.GetFiles(_folder));
        byte[] content = File.ReadAllBytes(file);
        content[content.Length / 2] ^= 1;
        File.WriteAllBytes(file, damage == "changed" ? content : damage == "empty" ? [] : content[..^1]);

        Assert.Equal(1, Compiled(_folder, "FACTOR=2"));
        Assert.Equal(0, Compiled(_folder, "FACTOR=2"));
    }

    [CudaFact]
    public void Get_CodeThatTheDriverRefuses_IsCompiledAgain()
    {
        Assert.Equal(1, Compiled(_folder, "FACTOR=2"));
        string file = Assert.Single(Directory.GetFiles(_folder));
        new ImageCache(_folder).Write(Path.GetFileNameWithoutExtension(file), [1, 2, 3, 4]);

        Assert.Equal(1, Compiled(_folder, "FACTOR=2"));
        Assert.Equal(0, Compiled(_folder, "FACTOR=2"));
    }

    [CudaFact]
    public void Get_FolderThatCannotBe_CompilesAndTellsWhy()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        using KernelLibrary kernels = new(_device, Path.Combine(file, "below"), SampleKernels.Sources);

        kernels.Get("Scale.cu", "scale", "FACTOR=2");

        Assert.NotNull(kernels.CacheProblem);
        Assert.Equal(1, kernels.CompiledCount);
    }

    [CudaFact]
    public void Read_AnyByteChangedOrMissing_FindsNothing()
    {
        byte[] image = [1, 2, 3, 4, 5];
        ImageCache cache = new(_folder);
        cache.Write("key", image);
        string file = Assert.Single(Directory.GetFiles(_folder));
        byte[] content = File.ReadAllBytes(file);
        Assert.Equal(image, cache.Read("key"));
        Assert.Null(cache.Read("other"));

        for (int i = 0; i < content.Length; i++)
        {
            byte[] changed = [.. content];
            changed[i] ^= 1;
            File.WriteAllBytes(file, changed);
            Assert.Null(cache.Read("key"));
            File.WriteAllBytes(file, content[..i]);
            Assert.Null(cache.Read("key"));
        }
    }

    [CudaFact]
    public void Write_ManyAtOnce_LeavesWholeFilesOnly()
    {
        byte[] image = new byte[100_000];
        Parallel.For(0, 16, _ => new ImageCache(_folder).Write("key", image));

        Assert.Equal(image, new ImageCache(_folder).Read("key"));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [CudaFact]
    public void Key_AnyPartChanged_IsAnother()
    {
        KernelProgram program = new("A.cu", "text", ["b.cuh"], ["header"], ["-DX=1"]);
        string[] keys =
        [
            program.Key("NVRTC 13.0"),
            program.Key("NVRTC 12.9"),
            (program with { Name = "B.cu" }).Key("NVRTC 13.0"),
            (program with { Text = "texts" }).Key("NVRTC 13.0"),
            (program with { HeaderNames = ["c.cuh"] }).Key("NVRTC 13.0"),
            (program with { HeaderTexts = ["headers"] }).Key("NVRTC 13.0"),
            (program with { Options = ["-DX=2"] }).Key("NVRTC 13.0"),
            (program with { Options = ["-DX=1", ""] }).Key("NVRTC 13.0"),
        ];

        Assert.Distinct(keys);
        Assert.Equal(keys[0], (program with { }).Key("NVRTC 13.0"));
        Assert.Matches("^[0-9a-f]{64}$", keys[0]);
    }

    private int Compiled(string folder, string define)
    {
        using KernelLibrary kernels = new(_device, folder, SampleKernels.Sources);
        kernels.Get("Scale.cu", "scale", define);
        Assert.Null(kernels.CacheProblem);
        return kernels.CompiledCount;
    }
}
