using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Testing.Reference;

/// <content>Attention over the paged cache.</content>
public sealed partial class ReferenceBackend
{
    /// <inheritdoc />
    public void Attend(KvCache cache, int layer, ForwardBatch batch, DeviceTensor qkv, DeviceTensor output)
    {
        RequireCurrent(batch);
        var pages = (ReferenceKvCache)cache;
        LaserAttentionSpec spec = cache.Layout.Attention;
        ReferenceTensor rows = Tensor(qkv, batch.TokenCount, spec.QkvColumns);
        ReferenceTensor results = Tensor(output, batch.TokenCount, spec.QueryColumns);
        for (int sequence = 0; sequence < batch.SequenceCount; sequence++)
        {
            Append(pages, layer, batch, sequence, rows);
            for (int kvHead = 0; kvHead < spec.KvHeads; kvHead++)
            {
                AttendHeads(pages, layer, batch, sequence, kvHead, rows, results);
            }
        }
    }

    private void Append(ReferenceKvCache pages, int layer, ForwardBatch batch, int sequence, ReferenceTensor rows)
    {
        KvCacheLayout layout = pages.Layout;
        LaserAttentionSpec spec = layout.Attention;
        for (int row = batch.QueryStarts[sequence]; row < batch.QueryStarts[sequence + 1]; row++)
        {
            int position = batch.Positions[row];
            int block = batch.BlockTable(sequence)[position / layout.BlockSize];
            pages.EnterRow(layer, block, position % layout.BlockSize, batch.OpenSlots[sequence]);
            Span<float> key = pages.Key(layer, block, position % layout.BlockSize);
            Span<float> value = pages.Value(layer, block, position % layout.BlockSize);
            rows.Row(row).Slice(spec.QueryColumns, spec.KvColumns).CopyTo(key);
            rows.Row(row)[(spec.QueryColumns + spec.KvColumns)..].CopyTo(value);
            for (int i = 0; i < value.Length; i++)
            {
                key[i] = StorageRounding.Round(key[i], layout.KeyType);

                // Written so that NaN fails it too.
                if (!(MathF.Abs(value[i]) <= ValueCacheFormat.LargestValue))
                {
                    _faults[sequence] = SequenceFault.ValueOutOfRange;
                }
            }
        }
    }

    private void AttendHeads(
        ReferenceKvCache pages,
        int layer,
        ForwardBatch batch,
        int sequence,
        int kvHead,
        ReferenceTensor rows,
        ReferenceTensor results)
    {
        LaserAttentionSpec spec = pages.Layout.Attention;
        (float[] keys, float[] values) = Gather(pages, layer, batch, sequence, kvHead);
        double[] result = new double[spec.HeadDim];
        for (int row = batch.QueryStarts[sequence]; row < batch.QueryStarts[sequence + 1]; row++)
        {
            int visible = batch.Positions[row] + 1;
            double[] scores = new double[visible];
            for (int head = kvHead * spec.GroupSize; head < (kvHead + 1) * spec.GroupSize; head++)
            {
                ReadOnlySpan<float> query = rows.Row(row).Slice(head * spec.HeadDim, spec.HeadDim);
                for (int t = 0; t < visible; t++)
                {
                    scores[t] = spec.Scale * Dot(query, keys.AsSpan(t * spec.HeadDim, spec.HeadDim));
                }

                LaserAttentionOracle.Attend(spec, scores, values.AsSpan(0, visible * spec.HeadDim), result);
                Span<float> destination = results.Row(row).Slice(head * spec.HeadDim, spec.HeadDim);
                for (int j = 0; j < result.Length; j++)
                {
                    destination[j] = (float)result[j];
                    if (!float.IsFinite(destination[j]) && _faults[sequence] == SequenceFault.None)
                    {
                        _faults[sequence] = SequenceFault.NonFiniteOutput;
                    }
                }
            }
        }
    }

    // The keys and values of one head of a sequence, contiguous [tokens, HeadDim].
    private static (float[] Keys, float[] Values) Gather(
        ReferenceKvCache pages, int layer, ForwardBatch batch, int sequence, int kvHead)
    {
        KvCacheLayout layout = pages.Layout;
        int headDim = layout.Attention.HeadDim;
        int tokens = batch.ContextLengths[sequence];
        float[] keys = new float[tokens * headDim];
        float[] values = new float[tokens * headDim];
        for (int t = 0; t < tokens; t++)
        {
            int block = batch.BlockTable(sequence)[t / layout.BlockSize];
            int slot = t % layout.BlockSize;
            pages.Key(layer, block, slot).Slice(kvHead * headDim, headDim).CopyTo(keys.AsSpan(t * headDim));
            pages.Value(layer, block, slot).Slice(kvHead * headDim, headDim).CopyTo(values.AsSpan(t * headDim));
        }

        return (keys, values);
    }
}
