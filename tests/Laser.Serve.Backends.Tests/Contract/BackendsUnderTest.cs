using Laser.Serve.Compute;
using Laser.Serve.Cpu;
using Laser.Serve.Testing.Reference;

namespace Laser.Serve.Backends.Tests.Contract;

/// <summary>The one list of backends that the contract and the numeric tests run on.</summary>
public static class BackendsUnderTest
{
    public const string Reference = "Reference";

    /// <summary>Every block size a cache must accept.</summary>
    public static readonly int[] BlockSizes = [16, 32, 64, 128];

    /// <summary>Backends and the value storage types their caches accept; the reference ignores the type.</summary>
    internal static readonly (string Name, DataType[] Types)[] CacheTypes =
    [
        (Reference, [DataType.Float32]),
        ("Cpu", [DataType.Float32, DataType.BFloat16]),
    ];

    public static TheoryData<string> Names => [.. CacheTypes.Select(c => c.Name)];

    /// <summary>Backend, storage type, block size.</summary>
    public static TheoryData<string, DataType, int> Caches
    {
        get
        {
            var caches = new TheoryData<string, DataType, int>();
            foreach ((string name, DataType[] types) in CacheTypes)
            {
                foreach (DataType type in types)
                {
                    foreach (int blockSize in BlockSizes)
                    {
                        caches.Add(name, type, blockSize);
                    }
                }
            }

            return caches;
        }
    }

    public static IBackend Create(string name) => name switch
    {
        Reference => new ReferenceBackend(),
        "Cpu" => new CpuBackend(new CpuOptions()),
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };
}
