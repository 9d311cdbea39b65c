using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Cpu.Attention;

/// <content>Taking rows back.</content>
internal sealed unsafe partial class LaserAttention<TKey, TValue>
{
    /// <inheritdoc />
    /// <remarks>
    /// Everything that depends on which rows there are (u, k, nMin, raw, spread) is made anew: a k that only stayed
    /// larger would give the same sums, but could turn the block wide or raw at a later row that leaves it neither. What
    /// is left of the dropped rows in the page is not visible to any query before it is overwritten.
    /// </remarks>
    public void RebuildOpenBlock(int layer, int block, int slot, int head, int rowCount)
    {
        ref OpenState open = ref _cache.OpenAt(layer, slot, head);
        open.RowCount = rowCount;
        if (_spec.Variant != AttentionVariant.Laser)
        {
            return;
        }

        byte* page = _cache.PageAt(layer, block, head);
        RunningBlock running = new()
        {
            Values = page + _page.ValueOffset,
            PageShifts = (short*)(page + _page.ShiftOffset),
            Shifts = _cache.OpenShifts(layer, slot, head),
            Lowest = _cache.OpenShifts(layer, slot, head) + _page.PaddedDim,
        };
        float* rows = _cache.OpenRows(layer, slot, head, open.Buffer);
        ValueAppend<TValue>.Append(ref running, rows, 0, rowCount, _page, in _format, _scratch[0].Split);
        open.Raw = running.Raw;
        ref BlockState state = ref _cache.StateAt(layer, block, head);
        state.Raw = running.Raw;
        state.Spread = (byte)Math.Min(running.Spread, byte.MaxValue);
    }
}
