using Laser.Serve.Backends.Tests.Contract;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Cuda.Tests.Emulation;
using Laser.Serve.Testing.Generators;
using Laser.Serve.Testing.Reference;

namespace Laser.Serve.Cuda.Tests.Attention;

/// <summary>
/// Tensor cores take bf16 only, and yet queries and weights lose nothing: with keys and values that the cache holds exactly,
/// nothing but fp32 sums is rounded.
/// </summary>
[Collection(EmulationGroup.Name)]
public class SplittingTests
{
    private const int Tokens = 30;
    private static readonly LaserAttentionSpec Spec = new(AttentionVariant.Laser, 2, 1, 16, 1);

    [CudaFact]
    public void Attend_QueriesOfFullPrecision_ScoresLoseNothing()
    {
        // Each query has one channel, so that a score is one product; the keys are whole numbers up to 7.
        var random = new DeterministicRandom(63);
        float[] rows = random.Gaussians(Tokens * Spec.QkvColumns);
        for (int row = 0; row < Tokens; row++)
        {
            Span<float> columns = rows.AsSpan(row * Spec.QkvColumns, Spec.QkvColumns);
            for (int i = 0; i < Spec.QueryColumns; i++)
            {
                columns[i] = i % Spec.HeadDim == row % Spec.HeadDim ? (float)random.Uniform(-2, 2) : 0;
            }

            foreach (ref float key in columns.Slice(Spec.QueryColumns, Spec.KvColumns))
            {
                key = random.Next(15) - 7;
            }
        }

        AssertWithin(2e-6, rows, DataType.Float32);
    }

    [CudaFact]
    public void Attend_ValuesThatAreExact_WeightsLoseNothing()
    {
        // exp(v) is a power of two, to within the rounding of v; tokens of little weight have great values.
        var random = new DeterministicRandom(64);
        float[] rows = new float[Tokens * Spec.QkvColumns];
        for (int row = 0; row < Tokens; row++)
        {
            Span<float> columns = rows.AsSpan(row * Spec.QkvColumns, Spec.QkvColumns);
            columns[row % Spec.HeadDim] = 1;
            columns[Spec.HeadDim + (row + 1) % Spec.HeadDim] = 1;
            Span<float> keys = columns.Slice(Spec.QueryColumns, Spec.KvColumns);
            Span<float> values = columns.Slice(Spec.QueryColumns + Spec.KvColumns, Spec.KvColumns);
            for (int i = 0; i < keys.Length; i++)
            {
                int power = random.Next(9) - 4;
                keys[i] = -random.Next(400) / 64f;
                values[i] = (float)(power * Math.Log(2));
            }
        }

        AssertWithin(2e-6, rows, DataType.BFloat16);
    }

    private static void AssertWithin(double bound, float[] rows, DataType valueType)
    {
        KvCacheLayout layout = AttentionLayouts.Create(Spec, DataType.BFloat16, valueType, 16) with { LayerCount = 1 };
        float[] expected = Run(new ReferenceBackend(), layout, rows);
        float[] actual = Run(TestBackend.Create(), layout, rows);
        AttentionAccuracy.AssertWithin(bound, expected, actual, $"{valueType} values");
    }

    private static float[] Run(IBackend backend, KvCacheLayout layout, float[] rows)
    {
        using var session = new AttentionSession(backend, layout, ownsBackend: true);
        return session.Step(0, new SequenceRows(rows, 0, [1, 0], 0))[0].Output;
    }
}
