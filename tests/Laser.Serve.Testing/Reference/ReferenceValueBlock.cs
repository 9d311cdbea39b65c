using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Testing.Reference;

/// <summary>
/// One block of the max-shifted value cache for one kv head: open while it grows, sealed when it is full.
/// </summary>
public sealed class ReferenceValueBlock
{
    private readonly ReferenceValueCacheOptions _options;
    private readonly ValueCacheFormat _format;
    private readonly int _headroom;
    private readonly bool _flush;
    private readonly int _channels;
    private readonly int[] _shifts;
    private readonly int[] _smallest;
    private float[] _rows;
    private float[] _shifted;

    public ReferenceValueBlock(ReferenceValueCacheOptions options)
    {
        _options = options;
        _format = ValueCacheFormat.For(options.Type);
        _headroom = Has(ValueCacheFlaws.NoHeadroom) ? 0 : _format.Headroom;
        _channels = options.Channels;
        _flush = options.FlushSubnormals;
        _rows = new float[options.BlockSize * _channels];
        _shifted = new float[options.BlockSize * _channels];
        _shifts = new int[_channels];
        _smallest = new int[_channels];
        Array.Fill(_shifts, int.MinValue);
        Array.Fill(_smallest, int.MaxValue);
    }

    /// <summary>Rows so far.</summary>
    public int Count { get; private set; }

    /// <summary>Whether the spread of a channel was too large for the type at some row; never taken back.</summary>
    public bool IsRaw { get; private set; }

    /// <summary>k per channel.</summary>
    public ReadOnlySpan<int> Shifts => _shifts;

    /// <summary>u, row-major <c>[Count, channels]</c>; void if <see cref="IsRaw"/>.</summary>
    public ReadOnlySpan<float> Shifted => _shifted.AsSpan(0, IsRaw ? 0 : Count * _channels);

    /// <summary>Largest <c>k - n</c> of any channel and row.</summary>
    public int SpreadBits
    {
        get
        {
            int spread = 0;
            for (int j = 0; j < _channels; j++)
            {
                spread = Math.Max(spread, _shifts[j] - _smallest[j]);
            }

            return spread;
        }
    }

    public bool IsWide => !IsRaw && SpreadBits > _format.Wide;

    /// <summary>Adds a row of values.</summary>
    public void Append(ReadOnlySpan<float> row)
    {
        row.CopyTo(_rows.AsSpan(Count * _channels));
        for (int j = 0; j < _channels; j++)
        {
            (int n, float r) = ValueSplit.Split(row[j], _options.Type);
            int shift = Math.Max(_shifts[j], n + 1);
            Rescale(j, shift);
            _shifted[(Count * _channels) + j] = Store(Math.ScaleB(r, n - shift + _headroom));
            _shifts[j] = shift;
            _smallest[j] = Math.Min(_smallest[j], n);
            bool fits = shift - _smallest[j] <= _format.Limit && Math.Abs(shift) <= ValueCacheFormat.LargestShift;
            IsRaw |= !fits && !Has(ValueCacheFlaws.NoRawBlocks);
        }

        Count++;
    }

    /// <summary>Keeps only what the sealed form has: fp32 rows if raw, shifted values if not.</summary>
    public void Seal()
    {
        if (IsRaw)
        {
            _shifted = [];
        }
        else
        {
            _rows = [];
        }
    }

    /// <summary>Sums over the first <c>scores.Length</c> rows.</summary>
    public void Attend(ReadOnlySpan<float> scores, BlockPartial partial)
    {
        float largest = float.NegativeInfinity;
        foreach (float score in scores)
        {
            largest = Math.Max(largest, score);
        }

        partial.LargestScore = largest;
        partial.WeightSum = 0;
        foreach (float score in scores)
        {
            partial.WeightSum += Flush(MathF.Exp(score - largest));
        }

        if (IsRaw)
        {
            SumRaw(scores, partial);
        }
        else if (IsWide && !Has(ValueCacheFlaws.NarrowSums))
        {
            SumWide(scores, partial);
        }
        else
        {
            SumNarrow(scores, partial);
        }
    }

    private void SumNarrow(ReadOnlySpan<float> scores, BlockPartial partial)
    {
        float[] sums = new float[_channels];
        for (int t = 0; t < scores.Length; t++)
        {
            float weight = Flush(MathF.Exp(scores[t] - partial.LargestScore));
            ReadOnlySpan<float> shifted = _shifted.AsSpan(t * _channels, _channels);
            for (int j = 0; j < sums.Length; j++)
            {
                sums[j] += Flush(weight * shifted[j]);
            }
        }

        for (int j = 0; j < _channels; j++)
        {
            partial.Sums[j] = sums[j];
            partial.Exponents[j] = _shifts[j] - _headroom;
        }
    }

    private void SumWide(ReadOnlySpan<float> scores, BlockPartial partial)
    {
        for (int j = 0; j < _channels; j++)
        {
            partial.Sums[j] = 0;
            partial.Exponents[j] = _shifts[j] - _headroom;
        }

        for (int t = 0; t < scores.Length; t++)
        {
            double weight = Flush(Math.Exp((double)scores[t] - partial.LargestScore));
            for (int j = 0; j < _channels; j++)
            {
                partial.Sums[j] += Flush(weight * _shifted[(t * _channels) + j]);
            }
        }
    }

    private void SumRaw(ReadOnlySpan<float> scores, BlockPartial partial)
    {
        for (int j = 0; j < _channels; j++)
        {
            double largest = double.NegativeInfinity;
            for (int t = 0; t < scores.Length; t++)
            {
                largest = Math.Max(largest, (double)scores[t] - partial.LargestScore + _rows[(t * _channels) + j]);
            }

            double sum = 0;
            for (int t = 0; t < scores.Length; t++)
            {
                double z = (double)scores[t] - partial.LargestScore + _rows[(t * _channels) + j];
                sum += Flush(Math.Exp(z - largest));
            }

            double bits = largest / Math.Log(2);
            partial.Exponents[j] = (int)Math.Floor(bits);
            partial.Sums[j] = sum * Math.Pow(2, bits - partial.Exponents[j]);
        }
    }

    private void Rescale(int channel, int shift)
    {
        if (Count == 0 || shift == _shifts[channel])
        {
            return;
        }

        for (int t = 0; t < Count; t++)
        {
            ref float u = ref _shifted[(t * _channels) + channel];
            u = Store(Math.ScaleB(u, _shifts[channel] - shift));
        }
    }

    private float Store(double value) => StorageRounding.Round(value, _options.Type);

    private float Flush(float value) => _flush && float.IsSubnormal(value) ? 0 : value;

    private double Flush(double value) => _flush && double.IsSubnormal(value) ? 0 : value;

    private bool Has(ValueCacheFlaws flaw) => (_options.Flaws & flaw) != 0;
}
