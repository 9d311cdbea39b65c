using Laser.Serve.Compute;
using Laser.Serve.Cpu;
using Laser.Serve.Cpu.Emitted;
using Laser.Serve.Testing.Reference;

namespace Laser.Serve.Backends.Tests.Contract;

/// <summary>The one list of backends that the contract and the numeric tests run on.</summary>
public static class BackendsUnderTest
{
    /// <summary>Compared with itself it only tests the tests, and that rows do not depend on each other.</summary>
    public const string Reference = "Reference";

    /// <summary>The processor with its dot product of bf16 pairs, where it has one.</summary>
    public const string Dot = "Cpu, bf16 dot";

    /// <summary>The processor with weights quantized when they are loaded.</summary>
    public const string Int8 = "Cpu, int8 weights";

    private const string Cpu = "Cpu";

    /// <summary>Every block size a cache must accept.</summary>
    public static readonly int[] BlockSizes = [16, 32, 64, 128];

    /// <summary>Backends with a max-shifted value cache, and the storage types of it that they have.</summary>
    internal static readonly (string Name, DataType[] Types)[] WithValueCache =
    [
        (Cpu, [DataType.Float32, DataType.BFloat16]),
        (Int8, [DataType.BFloat16]),
        .. DotKernelChoice.IsPossible ? [(Dot, new[] { DataType.BFloat16 })] : Array.Empty<(string, DataType[])>(),
    ];

    public static TheoryData<string> Names => [Reference, .. WithValueCache.Select(b => b.Name)];

    /// <summary>Backend, storage type, block size; the reference keeps v itself, so one type does for it.</summary>
    public static TheoryData<string, DataType, int> Caches
    {
        get
        {
            TheoryData<string, DataType, int> caches = ValueCaches;
            Add(caches, Reference, [DataType.Float32]);
            return caches;
        }
    }

    /// <summary>Backend, storage type, block size, without the reference.</summary>
    public static TheoryData<string, DataType, int> ValueCaches
    {
        get
        {
            var caches = new TheoryData<string, DataType, int>();
            foreach ((string name, DataType[] types) in WithValueCache)
            {
                Add(caches, name, types);
            }

            return caches;
        }
    }

    /// <summary>Whether linear maps take their inputs and weights as they are.</summary>
    public static bool IsExact(string name) => name is Reference or Cpu;

    public static IBackend Create(string name) => name switch
    {
        Reference => new ReferenceBackend(),
        Cpu => new CpuBackend(new CpuOptions { BFloat16Dot = BFloat16DotProduct.Off }),
        Int8 => new CpuBackend(new CpuOptions { BFloat16Dot = BFloat16DotProduct.Off, Int8Weights = true }),
        Dot => new CpuBackend(new CpuOptions { BFloat16Dot = BFloat16DotProduct.Require }),
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    /// <summary>Adds a subject with every type and block size.</summary>
    internal static void Add(TheoryData<string, DataType, int> caches, string name, DataType[] types)
    {
        foreach (DataType type in types)
        {
            foreach (int blockSize in BlockSizes)
            {
                caches.Add(name, type, blockSize);
            }
        }
    }

    /// <summary>Every backend with every one of some other argument.</summary>
    internal static TheoryData<string, T> With<T>(IEnumerable<T> arguments)
    {
        var data = new TheoryData<string, T>();
        foreach (T argument in arguments)
        {
            data.Add(Reference, argument);
            foreach ((string name, _) in WithValueCache)
            {
                data.Add(name, argument);
            }
        }

        return data;
    }
}
