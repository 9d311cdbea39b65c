namespace Laser.Serve.Benchmarks.RandomModels;

/// <summary>How GGUF stores a matrix; the values are those of the file format.</summary>
internal enum GgufType : uint
{
    F32 = 0,

    /// <summary>Blocks of 32: a scale in fp16, then 32 signed bytes.</summary>
    Q8 = 8,

    BF16 = 30,
}
