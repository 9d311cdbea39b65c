using System.Diagnostics;

namespace Laser.Serve.Engine.Cache;

/// <summary>
/// What a running sequence holds of the cache: its blocks in ascending position and the slot of its open block.
/// Disposing it gives everything back, so that a sequence that ends in whatever way cannot leak.
/// </summary>
internal sealed class BlockTable : IDisposable
{
    private readonly BlockManager _owner;
    private readonly int[] _blocks;
    private bool _disposed;

    public BlockTable(BlockManager owner, int[] blocks, int openSlot)
    {
        _owner = owner;
        _blocks = blocks;
        OpenSlot = openSlot;
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

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _owner.Release(_blocks, OpenSlot);
        }
    }
}
