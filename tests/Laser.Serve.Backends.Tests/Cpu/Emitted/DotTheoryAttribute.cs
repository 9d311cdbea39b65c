using Laser.Serve.Cpu.Emitted;

namespace Laser.Serve.Backends.Tests.Cpu.Emitted;

/// <summary>Runs where the processor has the bf16 dot product.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DotTheoryAttribute : TheoryAttribute
{
    public DotTheoryAttribute()
    {
        Skip = DotKernelChoice.IsPossible ? null : "This processor has no AVX512_BF16, or it is off.";
    }
}
