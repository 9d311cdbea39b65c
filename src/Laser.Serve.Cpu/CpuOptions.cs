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
}
