using Laser.Serve.Backends.Tests.Contract;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Cuda.Emulation;
using Laser.Serve.Cuda.Tests.Emulation;
using Laser.Serve.Testing.Generators;
using Laser.Serve.Testing.Reference;

namespace Laser.Serve.Cuda.Tests.Attention;

/// <summary>Contexts of several segments, added up in one pass or in several.</summary>
[Collection(EmulationGroup.Name)]
public sealed class PassesTests : IDisposable
{
    private const int Tokens = 560;
    private const int BlockSize = 64;
    private static readonly LaserAttentionSpec Spec = new(AttentionVariant.Laser, 2, 1, 8, 0.5f);

    public void Dispose() => EmulatedCuda.SetSchedule(0);

    [CudaTheory]
    [InlineData(DataType.BFloat16)]
    [InlineData(DataType.Float32)]
    public void Attend_OneSegmentAPass_SameBitsAsInOnePass(DataType type)
    {
        KvCacheLayout layout = AttentionLayouts.Create(Spec, type, type, BlockSize);
        float[] onePass = Run(TestBackend.Create(), layout);
        foreach (int schedule in EmulatedCuda.Schedules.Take(2))
        {
            EmulatedCuda.SetSchedule(schedule);
            Bits.AssertEqual(onePass, Run(TestBackend.Create(), layout), $"schedule {schedule}, one pass");
            Bits.AssertEqual(onePass, Run(TestBackend.Create(partialsBudget: 1), layout), $"schedule {schedule}");
        }
    }

    [CudaTheory]
    [InlineData(DataType.BFloat16)]
    [InlineData(DataType.Float32)]
    public void Attend_SeveralSegments_WithinBound(DataType type)
    {
        KvCacheLayout layout = AttentionLayouts.Create(Spec, type, type, BlockSize);
        float[] expected = Run(new ReferenceBackend(), layout);
        float[] actual = Run(TestBackend.Create(), layout);
        AttentionAccuracy.AssertWithin(AttentionAccuracy.Bound(layout), expected, actual, $"{type}");
    }

    // Values climb, so that every segment counts at another exponent than the one before it. Most of the context is filled as
    // sequences of one block each, which is as good as a prefill and less work.
    private static float[] Run(IBackend backend, KvCacheLayout layout)
    {
        using var session = new AttentionSession(backend, layout, ownsBackend: true);
        int columns = Spec.QkvColumns;
        float[] rows = new DeterministicRandom(62).Gaussians(Tokens * columns);
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] += i % columns < Spec.QueryColumns + Spec.KvColumns ? 0 : i / columns * 0.02f;
        }

        int[] table = [.. Enumerable.Range(0, layout.BlocksFor(Tokens))];
        int filled = 3 * BlockSize;
        foreach (int block in table[..(filled / BlockSize)])
        {
            float[] step = rows[(block * BlockSize * columns)..((block + 1) * BlockSize * columns)];
            session.Step(0, new SequenceRows(step, 0, [block], 0));
        }

        List<float> outputs = [];
        foreach ((int start, int end) in ((int, int)[])[(filled, 270), (270, 500), (500, Tokens - 1), (Tokens - 1, Tokens)])
        {
            float[] step = rows[(start * columns)..(end * columns)];
            outputs.AddRange(session.Step(0, new SequenceRows(step, start, table, 0))[0].Output);
        }

        return [.. outputs];
    }
}
