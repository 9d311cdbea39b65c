namespace Laser.Serve.Cuda.Tests.Sanitizers;

/// <summary>Takes minutes, and runs only where the environment says <c>LASER_SANITIZERS=1</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SanitizersTheoryAttribute : TheoryAttribute
{
    public SanitizersTheoryAttribute()
    {
        Skip = Environment.GetEnvironmentVariable("LASER_SANITIZERS") == "1"
            ? EmulationPresence.ReasonToSkip
            : "Takes minutes; set LASER_SANITIZERS=1 to run it.";
    }
}
