namespace Laser.Serve.Cpu.Attention;

/// <content>Blocks that are wide or raw, query by query.</content>
internal sealed unsafe partial class LaserAttention<TKey, TValue>
{
    private void AddRareBlock(in AttentionTile tile, int first, int index, AttentionScratch scratch)
    {
        int blockStart = index * _page.BlockSize;
        int lastPosition = Math.Min(blockStart + _page.BlockSize, _step.ContextLength(tile.Sequence)) - 1;
        BlockView final = FinalView(in tile, index);
        BlockRebuild<TValue> rebuild = new(_page, in _format, scratch);
        bool hasRows = false;
        for (int i = first; i < tile.Count; i++)
        {
            int position = Math.Min(tile.Position(i), lastPosition);
            int tokens = position - blockStart + 1;
            if (position == lastPosition)
            {
                AddQuery(in final, i, tokens, scratch);
                continue;
            }

            if (!hasRows)
            {
                _step.CopyBlockValues(tile.Sequence, tile.Head, index, lastPosition - blockStart + 1, scratch.Rows);
                hasRows = true;
            }

            BlockView earlier = rebuild.At(tokens);
            AddQuery(in earlier, i, tokens, scratch);
        }
    }

    private BlockView FinalView(in AttentionTile tile, int index)
    {
        int block = _step.Blocks(tile.Sequence)[index];
        ref BlockState state = ref _cache.StateAt(_step.Layer, block, tile.Head);
        byte* page = _cache.PageAt(_step.Layer, block, tile.Head);
        float* rows = null;
        if (state.Raw && state.Sealed)
        {
            rows = _cache.SealedRows(_step.Layer, block, tile.Head);
        }
        else if (state.Raw)
        {
            int slot = _step.OpenSlot(tile.Sequence);
            rows = _cache.OpenRows(_step.Layer, slot, tile.Head, _cache.OpenAt(_step.Layer, slot, tile.Head).Buffer);
        }

        return new BlockView
        {
            RawRows = rows,
            Values = page + _page.ValueOffset,
            Shifts = (short*)(page + _page.ShiftOffset),
            Wide = state.Spread > _format.Wide,
        };
    }

    private void AddQuery(in BlockView view, int query, int tokens, AttentionScratch scratch)
    {
        int channels = _page.PaddedDim;
        float* scores = scratch.Scores + (query * _page.BlockSize);
        float* weights = scratch.Weights + (query * _page.BlockSize);
        double largest = scratch.LargestScore[query];
        if (view.RawRows == null)
        {
            BlockMerge.LoadExponents(view.Shifts, _headroom, channels, scratch.BlockExponents);
            if (!view.Wide)
            {
                float* parts = scratch.Parts + (query * channels);
                SumOne(weights, tokens, view.Values, parts, scratch.WeightSums + query);
                BlockMerge.Add(
                    parts,
                    scratch.BlockExponents,
                    scratch.ScoreExponent[query],
                    scratch.ScoreFraction[query],
                    channels,
                    scratch.Mantissas + (query * channels),
                    scratch.Exponents + (query * channels));
                return;
            }

            WideBlock.Sum<TValue>(scores, largest, tokens, view.Values, _page, scratch.WideWeights, scratch.WideParts);
        }
        else
        {
            RawBlock.Sum(scores, largest, tokens, view.RawRows, channels, scratch.BlockExponents, scratch.WideParts);
        }

        float sum = 0;
        for (int t = 0; t < tokens; t++)
        {
            sum += weights[t];
        }

        scratch.WeightSums[query] = sum;
        BlockMerge.AddWide(
            scratch.WideParts,
            scratch.BlockExponents,
            scratch.ScoreExponent[query],
            scratch.ScoreFraction[query],
            channels,
            scratch.Mantissas + (query * channels),
            scratch.Exponents + (query * channels));
    }
}
