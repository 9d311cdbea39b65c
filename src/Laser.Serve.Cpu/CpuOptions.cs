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
}
