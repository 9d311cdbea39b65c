using System.Globalization;
using Laser.Serve.Compute;
using Laser.Serve.Cpu;
using Laser.Serve.Cuda;
using Laser.Serve.Model.Checkpoints;

namespace Laser.Serve.Hosting;

/// <summary>Options to backend: the only place that knows which devices there are.</summary>
internal static class BackendFactory
{
    private const string Auto = "auto";
    private const string Cpu = "cpu";
    private const string Cuda = "cuda";

    /// <summary>What there can be, for people.</summary>
    public static string Names => $"{Auto}, {Cpu}, {Cuda}, {Cuda}:1 and so on";

    /// <summary>Whether there can be such a device; it may not be there.</summary>
    public static bool IsKnown(string device) => device is Auto or Cpu || TryCudaIndex(device, out _);

    /// <summary>Whether several engines can have it.</summary>
    public static bool IsShared(string device) => device == Cpu;

    /// <summary>The same name for what is the same device.</summary>
    public static string FullName(string device) => TryCudaIndex(device, out int index) ? $"{Cuda}:{index}" : device;

    /// <summary>Threads of one of several devices, where nothing is said about them.</summary>
    public static int ThreadsOf(string device, int deviceCount)
    {
        int share = Math.Max(1, Environment.ProcessorCount / deviceCount);
        return device == Cpu ? share : Math.Min(share, CudaOptions.MostHostThreads);
    }

    /// <summary>Makes the backend of one device.</summary>
    /// <param name="options">Device and what is asked of it.</param>
    /// <param name="checkpoint">Folder of the checkpoint.</param>
    /// <exception cref="ArgumentException">Unknown device, one that is not there, or one that lacks what is required.</exception>
    /// <exception cref="InvalidDataException">The file of packed weights is broken.</exception>
    public static IBackend Create(ModelOptions options, string checkpoint) => options.Device switch
    {
        Auto => CudaBackend.IsAvailable(out _) ? CreateCuda(options, 0) : CreateCpu(options, checkpoint),
        Cpu => CreateCpu(options, checkpoint),
        _ => CreateCuda(options, CudaIndex(options.Device)),
    };

    /// <summary>Why the processor was chosen where the choice was left open; null where it was not, or something else was.</summary>
    public static string? WhyCpu(ModelOptions options) =>
        options.Device == Auto && !CudaBackend.IsAvailable(out string reason) ? reason : null;

    private static CpuBackend CreateCpu(ModelOptions options, string checkpoint) => new(new CpuOptions
    {
        ThreadCount = options.Threads,
        BFloat16Dot = Enum.Parse<BFloat16DotProduct>(options.Bf16Dot, ignoreCase: true),
        Int8Weights = options.Weights == "int8",
        PackedWeights = options.PackedWeights is string folder
            ? new PackedWeightsOptions(folder, CheckpointIdentity.Of(checkpoint), options.CheckWeights)
            : null,
    });

    private static CudaBackend CreateCuda(ModelOptions options, int device) => new(new CudaOptions
    {
        Device = device,
        HostThreads = options.Threads,
        ExactInputs = options.Bf16Dot == "off",
        Int8Weights = options.Weights == "int8",
        KernelCache = options.KernelCache,
    });

    private static int CudaIndex(string device) => TryCudaIndex(device, out int index)
        ? index
        : throw new ArgumentException($"Unknown device '{device}'; there are: {Names}.");

    // "cuda" or "cuda:1".
    private static bool TryCudaIndex(string device, out int index)
    {
        string[] parts = device.Split(':');
        index = 0;
        return parts[0] == Cuda
            && (parts.Length == 1
                || (parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out index)));
    }
}
