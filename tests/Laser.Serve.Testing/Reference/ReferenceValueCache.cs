using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Testing.Reference;

/// <summary>
/// The max-shifted value cache of one sequence and one kv head, scalar and readable: a second implementation of the
/// design beside the backends, and with <see cref="ValueCacheFlaws"/> the proof that the tests can fail.
/// </summary>
public sealed class ReferenceValueCache(ReferenceValueCacheOptions options) : IValueCache
{
    private readonly List<ReferenceValueBlock> _blocks = [];
    private readonly BlockPartial _partial = new(options.Channels);
    private readonly float[] _row = new float[options.Channels];

    /// <summary>Blocks in ascending position; the last one may be open.</summary>
    public IReadOnlyList<ReferenceValueBlock> Blocks => _blocks;

    /// <summary>Counts over the full blocks, as a backend reports them.</summary>
    public KvCacheStatistics Statistics
    {
        get
        {
            var full = _blocks.Where(b => b.Count == options.BlockSize).ToList();
            int raw = full.Count(b => b.IsRaw);
            int spread = full.Where(b => !b.IsRaw).Select(b => b.SpreadBits).DefaultIfEmpty().Max();
            return new KvCacheStatistics(full.Count, full.Count(b => b.IsWide), raw, raw, spread);
        }
    }

    /// <inheritdoc />
    public bool TryAppend(ReadOnlySpan<float> values)
    {
        for (int j = 0; j < _row.Length; j++)
        {
            // Written so that NaN fails it too.
            if (!(MathF.Abs(values[j]) <= ValueCacheFormat.LargestValue))
            {
                return false;
            }

            _row[j] = options.ValueSoftclamp is float c ? c * MathF.Tanh(values[j] / c) : values[j];
        }

        if (_blocks.Count == 0 || _blocks[^1].Count == options.BlockSize)
        {
            _blocks.Add(new ReferenceValueBlock(options));
        }

        _blocks[^1].Append(_row);
        if (_blocks[^1].Count == options.BlockSize)
        {
            _blocks[^1].Seal();
        }

        return true;
    }

    /// <inheritdoc />
    public void Attend(ReadOnlySpan<float> scores, Span<float> output)
    {
        IPartialMerge merge = CreateMerge();
        for (int b = 0; b * options.BlockSize < scores.Length; b++)
        {
            int first = b * options.BlockSize;
            int visible = Math.Min(options.BlockSize, scores.Length - first);
            _blocks[b].Attend(scores.Slice(first, visible), _partial);
            merge.Add(_partial);
        }

        merge.Finish(output);
        if (options.LogFloor is float floor)
        {
            for (int j = 0; j < output.Length; j++)
            {
                output[j] = MathF.Max(output[j], MathF.Log(floor));
            }
        }
    }

    private IPartialMerge CreateMerge()
    {
        if ((options.Flaws & ValueCacheFlaws.StreamingMerge) != 0)
        {
            return new StreamingMerge(options.Channels);
        }

        return (options.Flaws & ValueCacheFlaws.SeparateReferences) != 0
            ? new SeparateReferenceMerge(options.Channels)
            : new ExponentMerge(options.Channels);
    }
}
