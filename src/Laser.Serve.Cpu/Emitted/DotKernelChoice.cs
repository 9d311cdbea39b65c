using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Laser.Serve.Cpu.Emitted;

/// <summary>
/// The kernels to use, or none and why. A processor without the instruction is not worth a word; a system that refuses
/// executable memory, or a kernel that fails its test, is.
/// </summary>
internal sealed unsafe record DotKernelChoice(DotKernels? Kernels, string? Problem)
{
    private const string NoInstruction = "it takes AVX512_BF16 and Linux on x64";

    private static readonly Lazy<DotKernelChoice> OfProcess =
        new(() => Try(ExecutableMemory.Map, DotKernelCheck.Passes));

    /// <summary>Whether processor and system have what the kernels need; the one reason not to try.</summary>
    public static bool IsPossible =>
        OperatingSystem.IsLinux()
        && RuntimeInformation.ProcessArchitecture == Architecture.X64
        && Avx512F.IsSupported // includes: the system keeps the registers
        && X86Base.CpuId(7, 0).Eax >= 1
        && (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0;

    /// <summary>Chooses; kernels are written and tried once per process, and not at all where they are off.</summary>
    /// <exception cref="ArgumentException">They are required and cannot be had.</exception>
    public static DotKernelChoice For(BFloat16DotProduct use) => For(use, IsPossible, () => OfProcess.Value);

    /// <summary>The same with a processor and a trial that are given.</summary>
    public static DotKernelChoice For(BFloat16DotProduct use, bool isPossible, Func<DotKernelChoice> trial)
    {
        DotKernelChoice choice =
            use != BFloat16DotProduct.Off && isPossible ? trial() : new DotKernelChoice(null, null);
        return use != BFloat16DotProduct.Require || choice.Kernels is not null
            ? choice
            : throw new ArgumentException($"No bf16 dot product: {choice.Problem ?? NoInstruction}.");
    }

    /// <summary>Writes kernels with <paramref name="map"/> and has them checked.</summary>
    public static DotKernelChoice Try(DotKernels.Mapping map, Func<DotKernels, bool> check)
    {
        DotKernels? kernels = DotKernels.Create(map);
        return kernels is null ? new DotKernelChoice(null, "the system refuses executable memory")
            : check(kernels) ? new DotKernelChoice(kernels, null)
            : new DotKernelChoice(null, "the kernels failed their self-test");
    }
}
