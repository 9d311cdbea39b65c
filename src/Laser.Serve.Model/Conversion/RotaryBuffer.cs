using Laser.Serve.Compute;
using Laser.Serve.Model.Checkpoints;

namespace Laser.Serve.Model.Conversion;

/// <summary>
/// The frequencies x-transformers stores beside its weights. Ours follow from the arguments; if the two differ, either
/// the description is wrong or the model computed with rounded ones.
/// </summary>
internal static class RotaryBuffer
{
    private const string Name = "attn_layers.rotary_pos_emb.inv_freq";

    // Theirs are computed in fp32.
    private const double Tolerance = 1e-5;

    /// <summary>Compares them.</summary>
    /// <exception cref="CheckpointException">They are missing, or others.</exception>
    public static void Check(XTransformersArguments model, SourceTensors source)
    {
        HostTensor stored = source.Take(Name, model.RotaryDim / 2);
        if (stored.Type != DataType.Float32)
        {
            throw new CheckpointException(
                Name, $"is {stored.Type}; rounded frequencies turn far positions elsewhere. Save it in Float32.");
        }

        var frequencies = new float[stored.Columns];
        stored.CopyRow(0, frequencies);
        for (int i = 0; i < frequencies.Length; i++)
        {
            double expected = Math.Pow(model.RotaryBase, -2.0 * i / model.RotaryDim);
            if (!(Math.Abs(frequencies[i] - expected) <= Tolerance * expected))
            {
                throw new CheckpointException(
                    Name,
                    $"holds {frequencies[i]} at {i}, where rotary_emb_dim and rotary_base_rescale_factor give "
                    + $"{expected}.");
            }
        }
    }
}
