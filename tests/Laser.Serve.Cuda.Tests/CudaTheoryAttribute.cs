namespace Laser.Serve.Cuda.Tests;

/// <summary>As <see cref="CudaFactAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CudaTheoryAttribute : TheoryAttribute
{
    public CudaTheoryAttribute()
    {
        Skip = EmulationPresence.ReasonToSkip;
    }
}
