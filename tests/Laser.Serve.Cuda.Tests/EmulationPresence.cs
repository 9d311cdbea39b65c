using Laser.Serve.Cuda.Emulation;

namespace Laser.Serve.Cuda.Tests;

internal static class EmulationPresence
{
    /// <summary>Null where tests run.</summary>
    public static string? ReasonToSkip =>
        Environment.GetEnvironmentVariable("CI") == "true" || EmulatedCuda.IsAvailable(out string reason) ? null : reason;
}
