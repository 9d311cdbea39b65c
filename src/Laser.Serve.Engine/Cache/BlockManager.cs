using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Engine.Cache;

/// <summary>
/// Says who holds which block and which open slot of a <see cref="KvCacheLayout"/>, and what is in the blocks that are
/// kept for others. Every block is free, or used (held by tables, counted), or idle: held by nobody, but an entry of
/// the prefix cache, until the room is needed. Engine thread only.
/// <para>
/// Tables hold the entries of their prefix without a gap and give them back from the end, so an entry is never used
/// longer, nor idle for shorter, than the one before it: evicting the oldest never cuts a prefix in two.
/// </para>
/// </summary>
internal sealed class BlockManager
{
    private readonly KvCacheLayout _layout;
    private readonly IBlockContent _content;
    private readonly FreeList _freeBlocks;
    private readonly FreeList _freeSlots;
    private readonly IdleBlocks _idle;
    private readonly PrefixCache _prefixes;
    private readonly int[] _references;
    private readonly int[] _found;

    /// <summary>All blocks are free.</summary>
    /// <param name="layout">Their number and size.</param>
    /// <param name="content">What is in them.</param>
    public BlockManager(KvCacheLayout layout, IBlockContent content)
    {
        _layout = layout;
        _content = content;
        _freeBlocks = new FreeList(layout.BlockCount);
        _freeSlots = new FreeList(layout.OpenSlotCount);
        _idle = new IdleBlocks(layout.BlockCount);
        _prefixes = new PrefixCache(layout.BlockCount, layout.BlockSize);
        _references = new int[layout.BlockCount];
        _found = new int[layout.BlockCount];
    }

    public int TotalCount => _freeBlocks.Capacity;

    /// <summary>Blocks with nothing in them.</summary>
    public int FreeCount => _freeBlocks.Count;

    /// <summary>Blocks kept in case somebody needs their prefix.</summary>
    public int IdleCount => _idle.Count;

    /// <summary>Blocks that tables hold.</summary>
    public int UsedCount => TotalCount - FreeCount - IdleCount;

    /// <summary>Raw pages in idle blocks.</summary>
    public int IdleRawPageCount { get; private set; }

    /// <summary>Tables that hold a block.</summary>
    public int ReferenceCount(int block) => _references[block];

    /// <summary>
    /// Reserves what a request needs, or nothing at all. The first table begins with the cached blocks of the prompt.
    /// The others lack the full blocks of the prompt until <see cref="BlockTable.Share"/>.
    /// </summary>
    public bool TryAllocate(in CacheDemand demand, [NotNullWhen(true)] out BlockTable[]? tables)
    {
        int available = FreeCount + IdleCount - demand.SpareBlockCount;
        tables = null;
        int blockCount = _layout.BlocksFor(demand.TokenLimit);
        int promptBlockCount = demand.Prompt.Length / _layout.BlockSize;
        long ownCount = blockCount + ((demand.SequenceCount - 1L) * (blockCount - promptBlockCount));
        if (ownCount - promptBlockCount > available || demand.SequenceCount > _freeSlots.Count)
        {
            return false;
        }

        ReadOnlySpan<int> found = Find(in demand, out PrefixChain? chain);
        if (ownCount - found.Length > available - CountIdle(found))
        {
            return false;
        }

        Hold(found);
        tables = new BlockTable[demand.SequenceCount];
        tables[0] = new BlockTable(this, Take(found, blockCount), _freeSlots.Take(), found.Length, chain);
        for (int i = 1; i < tables.Length; i++)
        {
            int[] tail = Take([], blockCount - promptBlockCount);
            tables[i] = new BlockTable(this, tail, _freeSlots.Take(), cachedCount: 0, chain: null);
        }

        return true;
    }

    /// <summary>Gives a table more blocks, so that it has those of so many positions; false if there are too few.</summary>
    public bool TryExtend(BlockTable table, int tokenCount)
    {
        int missing = _layout.BlocksFor(tokenCount) - table.Blocks.Length;
        if (missing > FreeCount + IdleCount)
        {
            return false;
        }

        if (missing > 0)
        {
            table.Append(Take([], missing));
        }

        return true;
    }

    /// <summary>
    /// Makes a full block, held by one table, the entry of its tokens. Where there is one already, that is held from
    /// now on in place of the block; it has the same bits. Only <see cref="BlockTable"/> calls it, and what follows.
    /// </summary>
    /// <returns>The entry.</returns>
    public int Enter(ref PrefixChain place, ReadOnlySpan<int> tokens, int block)
    {
        Debug.Assert(_references[block] == 1);
        if (_prefixes.TryFind(in place, tokens, out int entry))
        {
            Hold(entry);
            Release(block);
        }
        else
        {
            entry = block;
            _prefixes.Add(in place, tokens, block);
        }

        place = _prefixes.After(entry);
        return entry;
    }

    /// <summary>Makes a block that is held no entry any more; nobody finds it, nor what comes behind it.</summary>
    public void Withdraw(int block)
    {
        if (_prefixes.Contains(block))
        {
            _prefixes.Remove(block);
        }
    }

    /// <summary>Takes one more reference to each of some blocks.</summary>
    public void Hold(ReadOnlySpan<int> blocks)
    {
        foreach (int block in blocks)
        {
            Hold(block);
        }
    }

    /// <summary>Takes back what a table held.</summary>
    public void Release(ReadOnlySpan<int> blocks, int openSlot)
    {
        // Backwards: the end of a prefix is idle for longer than its beginning, and the next table gets the blocks in
        // ascending order.
        for (int i = blocks.Length - 1; i >= 0; i--)
        {
            Release(blocks[i]);
        }

        _freeSlots.Return(openSlot);
    }

    /// <summary>Frees the block that was idle for longest; <see cref="IdleCount"/> must not be zero.</summary>
    public void EvictOldest()
    {
        int block = _idle.Oldest;
        LeaveIdle(block);
        _prefixes.Remove(block);
        Free(block);
    }

    // The cached blocks of a prompt. Not all of it: the logits of its last token are needed.
    private ReadOnlySpan<int> Find(in CacheDemand demand, out PrefixChain? chain)
    {
        int count = 0;
        chain = null;
        if (demand.Salt is string salt)
        {
            var place = new PrefixChain(0, salt);
            int limit = demand.ReadsPrefixes ? (demand.Prompt.Length - 1) / _layout.BlockSize : 0;
            while (count < limit
                && _prefixes.TryFind(in place, TokensOf(demand.Prompt, count), out _found[count]))
            {
                place = _prefixes.After(_found[count++]);
            }

            chain = place;
        }

        return _found.AsSpan(0, count);
    }

    private ReadOnlySpan<int> TokensOf(ReadOnlySpan<int> prompt, int block) =>
        prompt.Slice(block * _layout.BlockSize, _layout.BlockSize);

    private int CountIdle(ReadOnlySpan<int> blocks)
    {
        int count = 0;
        foreach (int block in blocks)
        {
            count += _references[block] == 0 ? 1 : 0;
        }

        return count;
    }

    // Blocks that are held already, and new ones up to a count.
    private int[] Take(ReadOnlySpan<int> held, int count)
    {
        var blocks = new int[count];
        held.CopyTo(blocks);
        foreach (ref int block in blocks.AsSpan(held.Length))
        {
            if (_freeBlocks.Count == 0)
            {
                EvictOldest();
            }

            block = _freeBlocks.Take();
            _references[block] = 1;
        }

        return blocks;
    }

    private void Hold(int block)
    {
        if (_references[block]++ == 0)
        {
            LeaveIdle(block);
        }
    }

    private void Release(int block)
    {
        if (--_references[block] > 0)
        {
            return;
        }

        if (_prefixes.Contains(block))
        {
            _idle.Add(block);
            IdleRawPageCount += _content.RawPagesOf(block);
        }
        else
        {
            Free(block);
        }
    }

    private void LeaveIdle(int block)
    {
        _idle.Remove(block);
        IdleRawPageCount -= _content.RawPagesOf(block);
    }

    private void Free(int block)
    {
        _freeBlocks.Return(block);
        _content.ReleaseBlock(block);
    }
}
