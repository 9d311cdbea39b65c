namespace Laser.Serve.Cpu;

/// <summary>Settings of the CPU backend.</summary>
public sealed record CpuOptions
{
    /// <summary>Most threads it can be told to use.</summary>
    public const int LargestThreadCount = 1024;

    /// <summary>
    /// Threads that compute, the calling one included; null takes one per processor the process may use.
    /// </summary>
    public int? ThreadCount { get; init; }

    /// <summary>How matrices stored in bf16 are multiplied; fixed for all that the backend computes.</summary>
    public BFloat16DotProduct BFloat16Dot { get; init; }

    /// <summary>
    /// Whether matrices are quantized when they are loaded, to 8-bit integers with a scale per 64 inputs; embeddings
    /// are not, and neither is an output head that shares them.
    /// </summary>
    public bool Int8Weights { get; init; }

    /// <summary>
    /// Where packed weights are written to at the first start and mapped from at later ones; null packs at each start.
    /// </summary>
    public PackedWeightsOptions? PackedWeights { get; init; }
}
