using Laser.Serve.Compute;

namespace Laser.Serve.Testing.Reference;

/// <summary>
/// Flawed: one shift per channel for the whole sequence, the running maximum itself and no power of two, with the
/// stored values rescaled in their own type whenever it rises. A rise of less than half a last bit rounds back to the
/// old number, so the stored value never shrinks while the shift grows.
/// </summary>
public sealed class RealShiftCache(DataType type, int channels) : IValueCache
{
    private readonly List<float[]> _rows = [];
    private readonly float[] _shifts = new float[channels];

    public bool TryAppend(ReadOnlySpan<float> values)
    {
        float[] row = new float[channels];
        for (int j = 0; j < channels; j++)
        {
            if (_rows.Count == 0)
            {
                _shifts[j] = values[j];
            }
            else if (values[j] > _shifts[j])
            {
                Rescale(j, MathF.Exp(_shifts[j] - values[j]));
                _shifts[j] = values[j];
            }

            row[j] = StorageRounding.Round(MathF.Exp(values[j] - _shifts[j]), type);
        }

        _rows.Add(row);
        return true;
    }

    public void Attend(ReadOnlySpan<float> scores, Span<float> output)
    {
        double[] sums = new double[channels];
        double weights = 0;
        float largest = float.NegativeInfinity;
        foreach (float score in scores)
        {
            largest = Math.Max(largest, score);
        }

        for (int t = 0; t < scores.Length; t++)
        {
            double weight = Math.Exp((double)scores[t] - largest);
            weights += weight;
            for (int j = 0; j < channels; j++)
            {
                sums[j] += weight * _rows[t][j];
            }
        }

        for (int j = 0; j < channels; j++)
        {
            output[j] = (float)(Math.Log(sums[j] / weights) + _shifts[j]);
        }
    }

    private void Rescale(int channel, float factor)
    {
        foreach (float[] row in _rows)
        {
            row[channel] = StorageRounding.Round(row[channel] * factor, type);
        }
    }
}
