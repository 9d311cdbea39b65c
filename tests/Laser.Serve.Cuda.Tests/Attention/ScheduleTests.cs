using Laser.Serve.Backends.Tests.Contract;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Cuda.Emulation;
using Laser.Serve.Cuda.Tests.Emulation;
using Laser.Serve.Testing.Reference;

namespace Laser.Serve.Cuda.Tests.Attention;

/// <summary>
/// All that attention does, in every order of blocks, warps and lanes and with copies that come early or late: a missing barrier
/// shows as other bits or NaN.
/// </summary>
[Collection(EmulationGroup.Name)]
public sealed class ScheduleTests : IDisposable
{
    private const int Chunk = 7;

    /// <summary>Keys, values, head dimension, block size.</summary>
    public static TheoryData<DataType, DataType, int, int> Caches => new()
    {
        { DataType.BFloat16, DataType.BFloat16, 16, 16 },
        { DataType.BFloat16, DataType.BFloat16, 20, 32 },
        { DataType.Float32, DataType.Float32, 16, 16 },
        { DataType.BFloat16, DataType.Float32, 8, 16 },
        { DataType.Float32, DataType.BFloat16, 144, 16 },
    };

    public void Dispose() => EmulatedCuda.SetSchedule(0);

    [CudaTheory]
    [MemberData(nameof(Caches))]
    public void Attend_EverySchedule_SameBits(DataType keyType, DataType valueType, int headDim, int blockSize)
    {
        KvCacheLayout layout = AttentionLayouts.Create(AttentionLayouts.Spec(headDim), keyType, valueType, blockSize);
        EmulatedCuda.SetSchedule(EmulatedCuda.Schedules[0]);
        float[] expected = AttentionScenario.Run(TestBackend.Create(), layout, Chunk);
        foreach (int schedule in EmulatedCuda.Schedules)
        {
            EmulatedCuda.SetSchedule(schedule);
            float[] whole = AttentionScenario.Run(TestBackend.Create(), layout, AttentionScenario.Whole);
            Bits.AssertEqual(expected, whole, $"schedule {schedule}, whole prompt");
            float[] chunks = AttentionScenario.Run(TestBackend.Create(), layout, Chunk);
            Bits.AssertEqual(expected, chunks, $"schedule {schedule}, chunks of {Chunk}");
        }
    }

    [CudaTheory]
    [MemberData(nameof(Caches))]
    public void Attend_CalmWideAndRawBlocks_WithinBound(DataType keyType, DataType valueType, int headDim, int blockSize) =>
        AssertWithinBound(AttentionLayouts.Create(AttentionLayouts.Spec(headDim), keyType, valueType, blockSize), 1);

    [CudaTheory]
    [InlineData(DataType.BFloat16)]
    [InlineData(DataType.Float32)]
    public void Attend_SoftclampAndLogFloor_WithinBound(DataType type)
    {
        LaserAttentionSpec spec = AttentionLayouts.Spec(16) with { ValueSoftclamp = 200, LogFloor = 0.5f };
        AssertWithinBound(AttentionLayouts.Create(spec, type, type, 16), 1);
    }

    [CudaTheory]
    [InlineData(DataType.BFloat16)]
    [InlineData(DataType.Float32)]
    public void Attend_OrdinaryAttention_WithinBound(DataType type)
    {
        // Errors are relative to values here, and values are up to 300.
        LaserAttentionSpec spec = AttentionLayouts.Spec(16, AttentionVariant.Softmax);
        AssertWithinBound(AttentionLayouts.Create(spec, type, type, 16), 310);
    }

    private static void AssertWithinBound(KvCacheLayout layout, double largest)
    {
        float[] expected = AttentionScenario.Run(new ReferenceBackend(), layout, AttentionScenario.Whole);
        float[] actual = AttentionScenario.Run(TestBackend.Create(), layout, Chunk);
        AttentionAccuracy.AssertWithin(largest * AttentionAccuracy.Bound(layout), expected, actual, $"{layout.ValueType}");
    }
}
