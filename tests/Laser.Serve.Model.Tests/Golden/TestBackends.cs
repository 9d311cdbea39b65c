using Laser.Serve.Compute;
using Laser.Serve.Cpu;

namespace Laser.Serve.Model.Tests.Golden;

/// <summary>The backend that the golden tests run on.</summary>
internal static class TestBackends
{
    public static IBackend Create() => new CpuBackend(new CpuOptions());
}
