using System.Diagnostics.CodeAnalysis;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Engine.Cache;

/// <summary>
/// Says who owns which block and which open slot of a <see cref="KvCacheLayout"/>. Engine thread only.
/// </summary>
internal sealed class BlockManager
{
    private readonly KvCacheLayout _layout;
    private readonly Action<int> _blockReleased;
    private readonly FreeList _freeBlocks;
    private readonly FreeList _freeSlots;
    private readonly int[] _references;

    /// <summary>All blocks are free.</summary>
    /// <param name="layout">Their number and size.</param>
    /// <param name="blockReleased">Told when the last reference to a block goes.</param>
    public BlockManager(KvCacheLayout layout, Action<int> blockReleased)
    {
        _layout = layout;
        _blockReleased = blockReleased;
        _freeBlocks = new FreeList(layout.BlockCount);
        _freeSlots = new FreeList(layout.OpenSlotCount);
        _references = new int[layout.BlockCount];
    }

    public int TotalCount => _freeBlocks.Capacity;

    public int FreeCount => _freeBlocks.Count;

    public int UsedCount => TotalCount - FreeCount;

    /// <summary>Tables that point to a block.</summary>
    public int ReferenceCount(int block) => _references[block];

    /// <summary>
    /// Allocates blocks for <paramref name="tokenCount"/> tokens and an open slot, or nothing at all.
    /// </summary>
    public bool TryAllocate(int tokenCount, [NotNullWhen(true)] out BlockTable? table)
    {
        int blockCount = _layout.BlocksFor(tokenCount);
        if (blockCount > _freeBlocks.Count || _freeSlots.Count == 0)
        {
            table = null;
            return false;
        }

        var blocks = new int[blockCount];
        foreach (ref int block in blocks.AsSpan())
        {
            block = _freeBlocks.Take();
            _references[block] = 1;
        }

        table = new BlockTable(this, blocks, _freeSlots.Take());
        return true;
    }

    /// <summary>Takes back what a table held; only <see cref="BlockTable.Dispose"/> calls it.</summary>
    public void Release(ReadOnlySpan<int> blocks, int openSlot)
    {
        // Backwards, so that a prefix that outlives its tail is a prefix, and the next table gets the blocks in
        // ascending order.
        for (int i = blocks.Length - 1; i >= 0; i--)
        {
            int block = blocks[i];
            if (--_references[block] == 0)
            {
                _freeBlocks.Return(block);
                _blockReleased(block);
            }
        }

        _freeSlots.Return(openSlot);
    }
}
