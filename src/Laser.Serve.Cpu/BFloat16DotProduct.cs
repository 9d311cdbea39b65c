namespace Laser.Serve.Cpu;

/// <summary>
/// Whether matrices stored in bf16 are multiplied by the processor's dot product of bf16 pairs: up to twice as fast
/// for several rows, with activations rounded to bf16 (relative 2^-9 each).
/// </summary>
public enum BFloat16DotProduct
{
    /// <summary>Where the processor has it and its kernels pass their test.</summary>
    Auto,

    /// <summary>Never: fp32 activations.</summary>
    Off,

    /// <summary>Always; without it there is no backend.</summary>
    Require,
}
