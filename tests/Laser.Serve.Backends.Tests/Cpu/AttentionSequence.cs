using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Backends.Tests.Cpu;

/// <summary>A sequence of fused q | k | v rows and what attention made of them.</summary>
internal sealed class AttentionSequence(List<float[]> rows, int slot)
{
    public List<float[]> Rows { get; } = rows;

    public int Slot { get; } = slot;

    public List<int> Blocks { get; } = [];

    public List<float[]> Results { get; } = [];

    public int Position { get; set; }

    public SequenceFault Fault { get; set; }

    /// <summary>
    /// Normal q and k; v is normal too, or what <paramref name="value"/> makes of (token, normal number).
    /// </summary>
    public static AttentionSequence Random(
        LaserAttentionSpec spec, int tokens, int seed, int slot = 0, Func<int, float, float>? value = null)
    {
        Random random = new(seed);
        List<float[]> rows = [];
        for (int token = 0; token < tokens; token++)
        {
            float[] row = new float[spec.QkvColumns];
            for (int i = 0; i < row.Length; i++)
            {
                row[i] = Normal(random);
            }

            for (int i = spec.QueryColumns + spec.KvColumns; value != null && i < row.Length; i++)
            {
                row[i] = value(token, row[i]);
            }

            rows.Add(row);
        }

        return new AttentionSequence(rows, slot);
    }

    /// <summary>The same rows, not yet fed.</summary>
    public AttentionSequence Fresh(int slot = 0) => new(Rows, slot);

    public static float Normal(Random random) =>
        (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
}
