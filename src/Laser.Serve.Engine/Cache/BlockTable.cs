using System.Diagnostics;

namespace Laser.Serve.Engine.Cache;

/// <summary>
/// What a running sequence holds of the cache: its blocks in ascending position and the slot of its open block.
/// Disposing it gives everything back, so that a sequence that ends in whatever way cannot leak.
/// </summary>
internal sealed class BlockTable : IDisposable
{
    private readonly BlockManager _owner;
    private int[] _blocks;
    private PrefixChain? _chain;
    private int _enteredCount;
    private bool _disposed;

    /// <summary>Takes over what is reserved for it.</summary>
    /// <param name="owner">Gets it back.</param>
    /// <param name="blocks">The blocks.</param>
    /// <param name="openSlot">The slot.</param>
    /// <param name="cachedCount">So many of the blocks, the first ones, are entries of the prefix cache.</param>
    /// <param name="chain">The place behind these; null if the sequence adds none.</param>
    public BlockTable(BlockManager owner, int[] blocks, int openSlot, int cachedCount, PrefixChain? chain)
    {
        _owner = owner;
        _blocks = blocks;
        OpenSlot = openSlot;
        CachedBlockCount = cachedCount;
        _enteredCount = cachedCount;
        _chain = chain;
    }

    /// <summary>Block ids: entry i holds the positions <c>i * BlockSize ..</c></summary>
    public ReadOnlySpan<int> Blocks
    {
        get
        {
            Debug.Assert(!_disposed);
            return _blocks;
        }
    }

    /// <summary>Slot for the fp32 rows of the open block.</summary>
    public int OpenSlot { get; }

    /// <summary>Blocks, the first ones, that were full when the table was made.</summary>
    public int CachedBlockCount { get; }

    /// <summary>Adds blocks at the end; only <see cref="BlockManager"/> calls it.</summary>
    public void Append(ReadOnlySpan<int> blocks) => _blocks = [.. _blocks, .. blocks];

    /// <summary>Puts the full blocks that are new into the prefix cache.</summary>
    /// <param name="tokens">Those whose keys and values are in the blocks.</param>
    /// <param name="blockSize">Tokens of a block.</param>
    public void Enter(ReadOnlySpan<int> tokens, int blockSize)
    {
        while (_chain is PrefixChain place && (_enteredCount + 1) * blockSize <= tokens.Length)
        {
            ReadOnlySpan<int> own = tokens.Slice(_enteredCount * blockSize, blockSize);
            ref int block = ref _blocks[_enteredCount++];
            block = _owner.Enter(ref place, own, block);
            _chain = place;
        }
    }

    /// <summary>
    /// Takes its blocks out of the prefix cache, those it found there as well: what is in them is not to be trusted.
    /// </summary>
    public void Withdraw()
    {
        foreach (int block in Blocks[.._enteredCount])
        {
            _owner.Withdraw(block);
        }

        _chain = null;
    }

    /// <summary>
    /// Puts the first blocks of another table, which are full, before those it has, and goes on from there.
    /// </summary>
    public void Share(BlockTable other, int blockCount)
    {
        ReadOnlySpan<int> shared = other.Blocks[..blockCount];
        _owner.Hold(shared);
        _blocks = [.. shared, .. _blocks];
        _chain = other._chain;
        _enteredCount = other._enteredCount;
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _owner.Release(_blocks, OpenSlot);
        }
    }
}
