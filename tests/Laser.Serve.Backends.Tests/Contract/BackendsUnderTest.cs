using Laser.Serve.Compute;
using Laser.Serve.Cpu;
using Laser.Serve.Cpu.Emitted;
using Laser.Serve.Cuda;
using Laser.Serve.Cuda.Emulation;
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

    /// <summary>CUDA with its tensor cores, which take inputs in bf16.</summary>
    public const string TensorCores = "Cuda, tensor cores";

    /// <summary>CUDA with weights quantized when they are loaded.</summary>
    public const string CudaInt8 = "Cuda, int8 weights";

    private const string Cpu = "Cpu";
    private const string Cuda = "Cuda";

    /// <summary>Every block size a cache must accept.</summary>
    public static readonly int[] BlockSizes = [16, 32, 64, 128];

    private static readonly DataType[] Storage = [DataType.Float32, DataType.BFloat16];

    /// <summary>Backends with a max-shifted value cache, and the storage types of it that they have.</summary>
    internal static readonly (string Name, DataType[] Types, int[] BlockSizes)[] WithValueCache =
    [
        (Cpu, Storage, BlockSizes),
        (Int8, [DataType.BFloat16], BlockSizes),
        .. DotKernelChoice.IsPossible ? [(Dot, new[] { DataType.BFloat16 }, BlockSizes)] : Array.Empty<(string, DataType[], int[])>(),
        .. TestedCuda.IsAvailable(out _) ? OnCuda : [],
    ];

    private static IEnumerable<string> All => [Reference, .. WithValueCache.Select(b => b.Name)];

    private static IEnumerable<string> AllByWeights => TestedCuda.IsAvailable(out _) ? [.. All, CudaInt8] : All;

    // Emulation takes its time, and each size is compiled by itself: every type and every size, not all of both.
    private static (string Name, DataType[] Types, int[] BlockSizes)[] OnCuda => TestedCuda.IsReal
        ? [(Cuda, Storage, BlockSizes), (TensorCores, Storage, BlockSizes)]
        : [(Cuda, [DataType.Float32], [16, 64]), (TensorCores, [DataType.BFloat16], [32, 128])];

    public static TheoryData<string> Names => [.. All];

    /// <summary>The same, with those that differ from others by their weights alone.</summary>
    public static TheoryData<string> NamesByWeights => [.. AllByWeights];

    /// <summary>Backend, storage type, block size; the reference keeps v itself, so one type does for it.</summary>
    public static TheoryData<string, DataType, int> Caches
    {
        get
        {
            TheoryData<string, DataType, int> caches = ValueCaches;
            Add(caches, Reference, [DataType.Float32], BlockSizes);
            return caches;
        }
    }

    /// <summary>Backend, storage type, block size, without the reference.</summary>
    public static TheoryData<string, DataType, int> ValueCaches
    {
        get
        {
            var caches = new TheoryData<string, DataType, int>();
            foreach ((string name, DataType[] types, int[] blockSizes) in WithValueCache)
            {
                Add(caches, name, types, blockSizes);
            }

            return caches;
        }
    }

    /// <summary>Whether linear maps take their inputs and weights as they are.</summary>
    public static bool IsExact(string name) => name is Reference or Cpu or Cuda;

    /// <summary>Whether it runs on an emulated device, which takes its time.</summary>
    public static bool IsEmulated(string name) => name is Cuda or TensorCores or CudaInt8 && !TestedCuda.IsReal;

    public static IBackend Create(string name) => name switch
    {
        Reference => new ReferenceBackend(),
        Cpu => new CpuBackend(new CpuOptions { BFloat16Dot = BFloat16DotProduct.Off }),
        Int8 => new CpuBackend(new CpuOptions { BFloat16Dot = BFloat16DotProduct.Off, Int8Weights = true }),
        Dot => new CpuBackend(new CpuOptions { BFloat16Dot = BFloat16DotProduct.Require }),
        Cuda => TestedBackend.Create(new CudaOptions { ExactInputs = true }),
        TensorCores => TestedBackend.Create(new CudaOptions()),
        CudaInt8 => TestedBackend.Create(new CudaOptions { ExactInputs = true, Int8Weights = true }),
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    /// <summary>Adds a subject with every type and block size.</summary>
    internal static void Add(TheoryData<string, DataType, int> caches, string name, DataType[] types, int[] blockSizes)
    {
        foreach (DataType type in types)
        {
            foreach (int blockSize in blockSizes)
            {
                caches.Add(name, type, blockSize);
            }
        }
    }

    /// <summary>Every backend with every one of some other argument.</summary>
    internal static TheoryData<string, T> With<T>(IEnumerable<T> arguments) => Combine(All, arguments);

    /// <summary>The same, with those that differ from others by their weights alone.</summary>
    internal static TheoryData<string, T> ByWeightsWith<T>(IEnumerable<T> arguments) => Combine(AllByWeights, arguments);

    private static TheoryData<string, T> Combine<T>(IEnumerable<string> names, IEnumerable<T> arguments)
    {
        var data = new TheoryData<string, T>();
        foreach (T argument in arguments)
        {
            foreach (string name in names)
            {
                data.Add(name, argument);
            }
        }

        return data;
    }
}
