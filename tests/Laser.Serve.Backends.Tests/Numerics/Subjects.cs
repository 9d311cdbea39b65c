using Laser.Serve.Backends.Tests.Contract;
using Laser.Serve.Compute;

namespace Laser.Serve.Backends.Tests.Numerics;

/// <summary>What the numeric tests run on: the scalar value cache, with and without subnormals, and every backend.</summary>
public static class Subjects
{
    private const string Scalar = "Scalar";
    private const string Flushing = "Scalar, subnormals flushed";

    /// <summary>Subject, storage type, block size.</summary>
    public static TheoryData<string, DataType, int> All
    {
        get
        {
            TheoryData<string, DataType, int> subjects = WithValueCache;
            // It keeps v itself, so types and block sizes are all the same to it: here it only checks the harness.
            subjects.Add(BackendsUnderTest.Reference, DataType.Float32, 32);
            return subjects;
        }
    }

    /// <summary>Those that shift, seal and count: all but the reference backend.</summary>
    public static TheoryData<string, DataType, int> WithValueCache
    {
        get
        {
            var subjects = new TheoryData<string, DataType, int>();
            foreach ((string name, DataType[] types) in BackendsUnderTest.CacheTypes.Where(c => c.Types.Length > 1))
            {
                AddAll(subjects, name, types);
            }

            AddAll(subjects, Scalar, Enum.GetValues<DataType>());
            AddAll(subjects, Flushing, Enum.GetValues<DataType>());
            return subjects;
        }
    }

    public static IAttentionUnderTest Create(string name) => name switch
    {
        Scalar => ScalarAttention.Create(),
        Flushing => ScalarAttention.Create(flushSubnormals: true),
        _ => new BackendAttention(BackendsUnderTest.Create(name)),
    };

    private static void AddAll(TheoryData<string, DataType, int> subjects, string name, DataType[] types)
    {
        foreach (DataType type in types)
        {
            foreach (int blockSize in BackendsUnderTest.BlockSizes)
            {
                subjects.Add(name, type, blockSize);
            }
        }
    }
}
