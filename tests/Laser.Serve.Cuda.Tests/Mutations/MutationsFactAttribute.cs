namespace Laser.Serve.Cuda.Tests.Mutations;

/// <summary>Takes minutes, and runs only where the environment says <c>LASER_MUTATIONS=1</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MutationsFactAttribute : FactAttribute
{
    public MutationsFactAttribute()
    {
        Skip = Environment.GetEnvironmentVariable("LASER_MUTATIONS") == "1"
            ? EmulationPresence.ReasonToSkip
            : "Takes minutes; set LASER_MUTATIONS=1 to run it.";
    }
}
