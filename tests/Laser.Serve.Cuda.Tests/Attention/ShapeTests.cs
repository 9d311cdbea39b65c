using Laser.Serve.Backends.Tests.Contract;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Cuda.Tests.Emulation;
using Laser.Serve.Testing.Generators;
using Laser.Serve.Testing.Reference;

namespace Laser.Serve.Cuda.Tests.Attention;

/// <summary>Attention with heads of many sizes and numbers, as models have them.</summary>
[Collection(EmulationGroup.Name)]
public class ShapeTests
{
    [CudaTheory]
    [InlineData(12)]
    [InlineData(48)]
    [InlineData(64)]
    [InlineData(80)]
    [InlineData(128)]
    [InlineData(256)]
    public void Attend_HeadDimension_WithinBound(int headDim)
    {
        LaserAttentionSpec spec = new(AttentionVariant.Laser, 2, 1, headDim, (float)(1 / Math.Sqrt(headDim)));
        AssertWithinBound(spec, DataType.BFloat16, DataType.BFloat16);
        AssertWithinBound(spec, DataType.Float32, DataType.Float32);
    }

    [CudaTheory]
    [InlineData(1, 3)]
    [InlineData(4, 2)]
    [InlineData(8, 1)]
    [InlineData(20, 2)]
    public void Attend_HeadsPerKeyValueHead_WithinBound(int ratio, int kvHeads)
    {
        LaserAttentionSpec spec = new(AttentionVariant.Laser, ratio * kvHeads, kvHeads, 16, 0.25f);
        AssertWithinBound(spec, DataType.BFloat16, DataType.BFloat16);
        AssertWithinBound(spec, DataType.BFloat16, DataType.Float32);
    }

    private static void AssertWithinBound(LaserAttentionSpec spec, DataType keyType, DataType valueType)
    {
        KvCacheLayout layout = AttentionLayouts.Create(spec, keyType, valueType, 16);
        float[] expected = Run(new ReferenceBackend(), layout);
        float[] actual = Run(TestBackend.Create(), layout);
        string what = $"{spec}, {keyType} keys, {valueType} values";
        AttentionAccuracy.AssertWithin(AttentionAccuracy.Bound(layout), expected, actual, what);
    }

    private static float[] Run(IBackend backend, KvCacheLayout layout)
    {
        using var session = new AttentionSession(backend, layout, ownsBackend: true);
        int columns = layout.Attention.QkvColumns;
        float[] rows = new DeterministicRandom(61).Gaussians(37 * columns);
        List<float> outputs = [];
        int start = 0;
        foreach (int count in (int[])[17, 19, 1])
        {
            float[] step = rows[(start * columns)..((start + count) * columns)];
            outputs.AddRange(session.Step(0, new SequenceRows(step, start, [3, 0, 2], 1))[0].Output);
            start += count;
        }

        return [.. outputs];
    }
}
