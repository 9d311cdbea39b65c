using Laser.Serve.Compute;
using Laser.Serve.Cpu;

namespace Laser.Serve.Hosting;

/// <summary>Options to backend: the only place that knows which devices there are.</summary>
internal static class BackendFactory
{
    /// <exception cref="ArgumentException">Unknown device, or one that lacks what is required.</exception>
    public static IBackend Create(ModelOptions options) => options.Device switch
    {
        "auto" or "cpu" => new CpuBackend(new CpuOptions
        {
            ThreadCount = options.Threads,
            BFloat16Dot = Enum.Parse<BFloat16DotProduct>(options.Bf16Dot, ignoreCase: true),
            Int8Weights = options.Weights == "int8",
        }),
        _ => throw new ArgumentException($"Unknown device '{options.Device}'; this build has: auto, cpu."),
    };
}
