namespace Laser.Serve.Cuda;

/// <summary>How a CUDA device computes.</summary>
public sealed record CudaOptions
{
    /// <summary>Threads of the host where nothing is said about them, at most.</summary>
    public const int MostHostThreads = 8;

    /// <summary>Which device, from 0, in the driver's order.</summary>
    public int Device { get; init; }

    /// <summary>Threads for what the host does between steps, such as choosing tokens; null takes all processors, up to 8.</summary>
    public int? HostThreads { get; init; }

    /// <summary>
    /// Whether inputs of linear maps are taken as they are. Otherwise those of bf16 weights are rounded to bf16, as tensor cores want
    /// them.
    /// </summary>
    public bool ExactInputs { get; init; }

    /// <summary>Whether weights are quantized to int8 when they are loaded; inputs stay as they are.</summary>
    public bool Int8Weights { get; init; }

    /// <summary>Folder that keeps compiled kernels from one start to the next; null to compile at every start.</summary>
    public string? KernelCache { get; init; }
}
