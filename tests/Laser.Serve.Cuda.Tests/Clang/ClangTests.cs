using Laser.Serve.Cuda.Compilation;

namespace Laser.Serve.Cuda.Tests.Clang;

/// <summary>
/// Device code as a compiler for devices sees it: what the emulation's compiler lets pass, such as the body of common.cuh that is
/// not the emulation's.
/// </summary>
public class ClangTests
{
    public static TheoryData<string, string> Variants
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach ((string source, string[] defines) in KernelVariants.All())
            {
                data.Add(source, string.Join(' ', defines));
            }

            return data;
        }
    }

    [ClangTheory]
    [MemberData(nameof(Variants))]
    public void Compile_ForADevice_NoWarning(string source, string defines)
    {
        string[] words = defines.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        (int code, string output) = Clang.Compile(KernelSources.Embedded.Program(source, "sm_80", words), words);

        Assert.True(code == 0, output);
    }

    [ClangTheory]
    [InlineData("__global__ void kernel(float* x) { x[0] = y; }")]
    [InlineData("__global__ void kernel(float* x) { int unused = 1; x[0] = 0.f; }")]
    public void Compile_ErrorOrWarning_Fails(string text)
    {
        (int code, string output) = Clang.Compile(new KernelProgram("kernel.cu", text, [], [], []));

        Assert.NotEqual(0, code);
        Assert.Contains("kernel.cu", output, StringComparison.Ordinal);
    }
}
