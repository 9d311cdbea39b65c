using Laser.Serve.Compute;
using Laser.Serve.Cpu;
using Laser.Serve.Model.Checkpoints;

namespace Laser.Serve.Hosting;

/// <summary>Options to backend: the only place that knows which devices there are.</summary>
internal static class BackendFactory
{
    /// <param name="options">Device and what is asked of it.</param>
    /// <param name="checkpoint">Folder of the checkpoint.</param>
    /// <exception cref="ArgumentException">Unknown device, or one that lacks what is required.</exception>
    /// <exception cref="InvalidDataException">The file of packed weights is broken.</exception>
    public static IBackend Create(ModelOptions options, string checkpoint) => options.Device switch
    {
        "auto" or "cpu" => new CpuBackend(new CpuOptions
        {
            ThreadCount = options.Threads,
            BFloat16Dot = Enum.Parse<BFloat16DotProduct>(options.Bf16Dot, ignoreCase: true),
            Int8Weights = options.Weights == "int8",
            PackedWeights = options.PackedWeights is string folder
                ? new PackedWeightsOptions(folder, CheckpointIdentity.Of(checkpoint), options.CheckWeights)
                : null,
        }),
        _ => throw new ArgumentException($"Unknown device '{options.Device}'; this build has: auto, cpu."),
    };
}
