using Laser.Serve.Backends.Tests.Contract;
using Laser.Serve.Compute;

namespace Laser.Serve.Backends.Tests.Numerics;

/// <summary>
/// What the numeric tests run on: the scalar value cache, with and without subnormals, and every backend.
/// </summary>
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

            // To it all types and block sizes are the same, and so is one of each.
            subjects.Add(BackendsUnderTest.Reference, DataType.Float32, 32);
            return subjects;
        }
    }

    /// <summary>Those that shift, seal and count: all but the reference backend.</summary>
    public static TheoryData<string, DataType, int> WithValueCache
    {
        get
        {
            TheoryData<string, DataType, int> subjects = BackendsUnderTest.ValueCaches;
            BackendsUnderTest.Add(subjects, Scalar, Enum.GetValues<DataType>(), BackendsUnderTest.BlockSizes);
            BackendsUnderTest.Add(subjects, Flushing, Enum.GetValues<DataType>(), BackendsUnderTest.BlockSizes);
            return subjects;
        }
    }

    /// <summary>Subject and block size, storage in fp32.</summary>
    public static TheoryData<string, int> InFloat32
    {
        get
        {
            var subjects = new TheoryData<string, int>();
            foreach (object[] subject in All.Where(s => (DataType)s[1] == DataType.Float32))
            {
                subjects.Add((string)subject[0], (int)subject[2]);
            }

            return subjects;
        }
    }

    public static IAttentionUnderTest Create(string name) => name switch
    {
        Scalar => ScalarAttention.Create(),
        Flushing => ScalarAttention.Create(flushSubnormals: true),
        _ => new BackendAttention(BackendsUnderTest.Create(name)),
    };
}
