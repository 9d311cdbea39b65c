using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Cuda.Attention;

/// <summary>
/// What the host knows of the open blocks: per layer and slot its block and its rows, as they are when all that was asked for has been
/// done. So a caller's mistake is found before anything is launched.
/// </summary>
internal sealed class OpenBlocks(KvCacheLayout layout)
{
    private readonly (int Block, int Rows)[] _open = new (int, int)[layout.LayerCount * layout.OpenSlotCount];

    /// <summary>Checks that all sequences of a batch go on where they are, and takes their new rows into account.</summary>
    /// <exception cref="InvalidOperationException">One does not; nothing is changed.</exception>
    public void Append(int layer, ForwardBatch batch)
    {
        int blockSize = layout.BlockSize;
        for (int i = 0; i < batch.SequenceCount; i++)
        {
            int start = batch.ContextLengths[i] - (batch.QueryStarts[i + 1] - batch.QueryStarts[i]);
            (int block, int rows) = At(layer, batch.OpenSlots[i]);
            int expected = batch.BlockTable(i)[start / blockSize] + 1;
            if (start % blockSize != 0 && (block != expected || rows != start % blockSize))
            {
                throw new InvalidOperationException(
                    $"Sequence {i} goes on at row {start % blockSize} of block {expected - 1}, but its open slot "
                    + $"{batch.OpenSlots[i]} has {rows} rows of block {block - 1}.");
            }
        }

        for (int i = 0; i < batch.SequenceCount; i++)
        {
            int last = (batch.ContextLengths[i] - 1) / blockSize;
            At(layer, batch.OpenSlots[i]) = (batch.BlockTable(i)[last] + 1, batch.ContextLengths[i] - (last * blockSize));
        }
    }

    /// <summary>Checks that a block is open in a slot, in all layers, with at least so many rows.</summary>
    /// <exception cref="InvalidOperationException">It is not.</exception>
    public void Require(int block, int slot, int rowCount)
    {
        for (int layer = 0; layer < layout.LayerCount; layer++)
        {
            (int openBlock, int rows) = At(layer, slot);
            if (openBlock != block + 1 || rows < rowCount || rows == layout.BlockSize)
            {
                throw new InvalidOperationException(
                    $"Block {block} is not open with {rowCount} rows or more in slot {slot}, which has {rows} rows of block "
                    + $"{openBlock - 1}.");
            }
        }
    }

    /// <summary>A slot has rows of a block now, in all layers.</summary>
    public void Truncate(int slot, int rowCount)
    {
        for (int layer = 0; layer < layout.LayerCount; layer++)
        {
            At(layer, slot).Rows = rowCount;
        }
    }

    /// <summary>A slot's open block was copied.</summary>
    public void Copy(int fromSlot, int toBlock, int toSlot)
    {
        for (int layer = 0; layer < layout.LayerCount; layer++)
        {
            At(layer, toSlot) = (toBlock + 1, At(layer, fromSlot).Rows);
        }
    }

    /// <summary>Takes over what the device has: after a fault it appended less than it was asked to.</summary>
    /// <param name="states"><see cref="AttentionShape.OpenStateInts"/> numbers per layer and slot.</param>
    public void Set(ReadOnlySpan<int> states)
    {
        for (int i = 0; i < _open.Length; i++)
        {
            _open[i] = (states[i * AttentionShape.OpenStateInts], states[(i * AttentionShape.OpenStateInts) + 1]);
        }
    }

    private ref (int Block, int Rows) At(int layer, int slot) => ref _open[(layer * layout.OpenSlotCount) + slot];
}
