using Laser.Serve.Backends.Tests.Contract;
using Laser.Serve.Backends.Tests.Numerics;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Cuda.Tests.Emulation;
using Laser.Serve.Testing.Generators;
using Laser.Serve.Testing.Reference;

namespace Laser.Serve.Cuda.Tests.Attention;

/// <summary>Blocks that fp32 sums or int16 shifts are not enough for.</summary>
[Collection(EmulationGroup.Name)]
public class RareBlockTests
{
    [CudaTheory]
    [InlineData(DataType.BFloat16)]
    [InlineData(DataType.Float32)]
    public void Attend_TinyWeightInAWideBlock_IsNotLost(DataType type)
    {
        // exp(-110) is nothing in fp32, but its value is exp(140).
        AttentionProblem problem = AdversarialProblems.WideBlock(110);
        using var attention = new BackendAttention(TestBackend.Create());
        attention.Run(problem, type, 64).AssertWithin(problem, Bounds.Attention(type, 64, problem.LargestScore));
    }

    [CudaTheory]
    [InlineData(DataType.BFloat16, false)]
    [InlineData(DataType.BFloat16, true)]
    [InlineData(DataType.Float32, false)]
    [InlineData(DataType.Float32, true)]
    public void Attend_ShiftTooLargeAtFirst_BlockStaysRaw(DataType type, bool copied)
    {
        // A shift of -32778 does not fit, those of all later rows do, and their spread is small.
        LaserAttentionSpec spec = new(AttentionVariant.Laser, 2, 1, 16, 0.25f);
        KvCacheLayout layout = AttentionLayouts.Create(spec, type, type, 16) with { LayerCount = 1 };
        float[] rows = new DeterministicRandom(66).Gaussians(20 * spec.QkvColumns);
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] -= i % spec.QkvColumns < spec.QueryColumns + spec.KvColumns ? 0 : i / spec.QkvColumns < 3 ? 22725 : 22700;
        }

        float[] expected = Run(new ReferenceBackend(), layout, rows, copied);
        float[] actual = Run(TestBackend.Create(), layout, rows, copied);
        AttentionAccuracy.AssertWithin(AttentionAccuracy.Bound(layout), expected, actual, $"{type}");
    }

    // In small steps; the open block can be copied after the first, and the copy goes on.
    private static float[] Run(IBackend backend, KvCacheLayout layout, float[] rows, bool copied)
    {
        using var session = new AttentionSession(backend, layout, ownsBackend: true);
        int columns = layout.Attention.QkvColumns;
        (int block, int slot) = (3, 1);
        List<float> outputs = [];
        int start = 0;
        foreach (int count in (int[])[3, 1, 1, 6, 8, 1])
        {
            float[] step = rows[(start * columns)..((start + count) * columns)];
            outputs.AddRange(session.Step(0, new SequenceRows(step, start, [block, 5], slot))[0].Output);
            start += count;
            if (copied && block == 3)
            {
                session.Cache.CopyOpenBlock(block, slot, 7, 2);
                (block, slot) = (7, 2);
            }
        }

        return [.. outputs];
    }
}
