using Laser.Serve.Compute;
using Laser.Serve.Cpu;

namespace Laser.Serve.Model.Tests.Golden;

/// <summary>The backends that the golden tests run on.</summary>
internal static class TestBackends
{
    /// <summary>Activations in fp32.</summary>
    public static IBackend Create() => new CpuBackend(new CpuOptions { BFloat16Dot = BFloat16DotProduct.Off });

    /// <summary>Activations rounded to bf16 where weights are, if the processor can; else the same.</summary>
    public static IBackend CreateRounding() => new CpuBackend(new CpuOptions());
}
