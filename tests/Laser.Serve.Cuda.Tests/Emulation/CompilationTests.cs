using System.Text;

namespace Laser.Serve.Cuda.Tests.Emulation;

[Collection(EmulationGroup.Name)]
public unsafe class CompilationTests
{
    private const int InvalidOption = 5;
    private const int CompilationFailed = 6;

    [CudaFact]
    public void Compile_OfAMistake_TellsItsLine()
    {
        NativeCompiler compiled = NativeCompiler.Compile("\n\n__global__ void wrong() { nothing(); }\n");

        Assert.Equal(CompilationFailed, compiled.Code);
        Assert.Contains("test.cu:3", compiled.Log, StringComparison.Ordinal);
    }

    [CudaTheory]
    [InlineData("--use_fast_math")]
    [InlineData("--something")]
    [InlineData("--gpu-architecture=hopper")]
    public void Compile_WithAnOptionThatIsNone_IsRefused(string option) =>
        Assert.Equal(InvalidOption, NativeCompiler.Compile("__global__ void k() { }", option).Code);

    [CudaFact]
    public void Compile_ForAVirtualArchitecture_GivesNoMachineCode()
    {
        NativeCompiler compiled = NativeCompiler.Compile("__global__ void k() { }", "--gpu-architecture=compute_90");

        Assert.Equal(0, compiled.Code);
        Assert.Empty(compiled.Image);
    }

    [CudaFact]
    public void Load_OfTheSameProgramTwice_GivesItsKernelsTwice()
    {
        const string Source = "extern \"C\" __global__ void same() { }";
        using var device = new EmulatedDevice();

        Assert.NotEqual(
            EmulatedDevice.Function(device.Load(Source), "same"), EmulatedDevice.Function(device.Load(Source), "same"));
    }

    [CudaTheory]
    [InlineData("nothing of ours")]
    [InlineData("EMU:/nowhere")]
    public void Load_OfSomethingElse_IsAnInvalidImage(string text)
    {
        using var device = new EmulatedDevice();
        byte[] image = [.. Encoding.UTF8.GetBytes(text), 0];
        nint module;
        fixed (byte* first = image)
        {
            Assert.Equal(DriverCodes.InvalidImage, NativeDriver.LoadModule(&module, first));
        }
    }

    [CudaFact]
    public void Kernels_InCommentsOrDeclaredOnly_AreNone()
    {
        using var device = new EmulatedDevice();
        nint module = device.Load("""
            // __global__ void first() {}
            /* __global__ void
               second() {} */
            extern "C" __global__ void __launch_bounds__((2 + 2) * 8)
            third(int n)
            {
            }
            """);
        nint function;

        Assert.Equal(DriverCodes.NotFound, NativeDriver.GetFunction(&function, module, "first"));
        Assert.Equal(DriverCodes.NotFound, NativeDriver.GetFunction(&function, module, "second"));
        Assert.Equal(DriverCodes.Success, NativeDriver.GetFunction(&function, module, "third"));
    }

    [CudaFact]
    public void Compile_ByManyAtOnce_GivesAllTheSame()
    {
        string source = $"__global__ void many() {{ }} // {Guid.NewGuid()}";
        NativeCompiler[] compiled = new NativeCompiler[4];
        Parallel.For(0, compiled.Length, i => compiled[i] = NativeCompiler.Compile(source));

        Assert.All(compiled, c => Assert.Equal(compiled[0].Image, c.Image));
        Assert.All(compiled, c => Assert.Equal(0, c.Code));
    }
}
