namespace Laser.Serve.Cuda.Tests;

/// <summary>
/// Runs where the emulation of CUDA can be built. Elsewhere the test is skipped with the reason; where the environment says
/// <c>CI=true</c> it runs and fails.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CudaFactAttribute : FactAttribute
{
    public CudaFactAttribute()
    {
        Skip = EmulationPresence.ReasonToSkip;
    }
}
