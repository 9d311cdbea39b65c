using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Cuda.Attention;
using Laser.Serve.Cuda.Compilation;
using Laser.Serve.Cuda.Linear;

namespace Laser.Serve.Cuda.Tests;

/// <summary>The definitions that device code is compiled with in the product.</summary>
internal static class KernelVariants
{
    /// <summary>All sources, each with every set of definitions that is worth a look.</summary>
    public static IEnumerable<(string Source, string[] Defines)> All()
    {
        IEnumerable<string> sources = KernelSources.Embedded.Names.Where(name => Path.GetExtension(name) == ".cu");
        return sources.Order(StringComparer.Ordinal).SelectMany(source => Of(source).Select(defines => (source, defines)));
    }

    private static IEnumerable<string[]> Of(string source) => source switch
    {
        "Attend.cu" or "AttendFinish.cu" or "AttentionAppend.cu" or "OpenBlocks.cu" => AttentionDefines(),
        "LinearFma.cu" => Enum.GetValues<WeightFormat>().Select(format => (string[])[$"WEIGHT={(int)format}"]),
        _ => [[]],
    };

    private static IEnumerable<string[]> AttentionDefines()
    {
        LaserAttentionSpec llama = new(AttentionVariant.Laser, 32, 8, 128, 0.1f);
        LaserAttentionSpec small = new(AttentionVariant.Laser, 12, 12, 20, 0.1f, ValueSoftclamp: 15);
        LaserAttentionSpec large = new(AttentionVariant.Softmax, 20, 1, 256, 0.1f);
        yield return Defines(llama, DataType.BFloat16, DataType.BFloat16, 32);
        yield return Defines(llama, DataType.Float32, DataType.Float32, 64);
        yield return Defines(small, DataType.BFloat16, DataType.Float32, 16);
        yield return Defines(small, DataType.Float32, DataType.BFloat16, 128);
        yield return Defines(large, DataType.BFloat16, DataType.BFloat16, 32);
        yield return Defines(large, DataType.Float32, DataType.Float32, 16);
    }

    private static string[] Defines(LaserAttentionSpec spec, DataType keyType, DataType valueType, int blockSize) =>
        new AttentionShape(new KvCacheLayout
        {
            Attention = spec,
            LayerCount = 1,
            BlockSize = blockSize,
            BlockCount = 1,
            OpenSlotCount = 1,
            KeyType = keyType,
            ValueType = valueType,
        }).Defines;
}
