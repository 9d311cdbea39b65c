using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Cuda.Memory;

namespace Laser.Serve.Cuda.Attention;

/// <summary>
/// How attention cuts a batch up, the same for all layers: what to append to which block, and which queries make a tile. On the device
/// four numbers each, as the kernels' headers say.
/// </summary>
internal sealed class AttentionPlan(StagedInts staged, KvCacheLayout layout) : IDisposable
{
    private const int Appends = 0;
    private const int Queries = 1;
    private const int Numbers = 4;

    private readonly int _group = layout.Attention.GroupSize;

    /// <summary>Tiles of rows that go to one block.</summary>
    public int AppendCount { get; private set; }

    /// <summary>Tiles of queries.</summary>
    public int QueryCount { get; private set; }

    /// <summary>Segments of the longest context.</summary>
    public int SegmentCount { get; private set; }

    /// <summary>Where the tiles of rows are.</summary>
    public ulong AppendTiles => staged.Address(Appends);

    /// <summary>Where the tiles of queries are.</summary>
    public ulong QueryTiles => staged.Address(Queries);

    /// <summary>Cuts a batch up and uploads the result.</summary>
    /// <exception cref="ArgumentException">A block is not in the pool.</exception>
    public void Make(ForwardBatch batch)
    {
        Count(batch);
        staged.Fit([AppendCount * Numbers, QueryCount * Numbers]);
        Span<int> appends = staged.Host(Appends, AppendCount * Numbers);
        Span<int> queries = staged.Host(Queries, QueryCount * Numbers);
        for (int i = 0; i < batch.SequenceCount; i++)
        {
            int rows = batch.QueryStarts[i + 1] - batch.QueryStarts[i];
            int start = batch.ContextLengths[i] - rows;
            for (int row = 0, count; row < rows; row += count)
            {
                int block = (start + row) / layout.BlockSize;
                count = Math.Min(((block + 1) * layout.BlockSize) - start - row, rows - row);
                Put(ref appends, i, row, block, count);
            }

            for (int query = 0; query < rows * _group; query += AttentionShape.Tile)
            {
                Put(ref queries, i, query, Math.Min(AttentionShape.Tile, (rows * _group) - query), 0);
            }
        }

        staged.Upload();
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose() => staged.Dispose();

    private void Count(ForwardBatch batch)
    {
        (AppendCount, QueryCount, SegmentCount) = (0, 0, 0);
        for (int i = 0; i < batch.SequenceCount; i++)
        {
            int rows = batch.QueryStarts[i + 1] - batch.QueryStarts[i];
            int length = batch.ContextLengths[i];
            AppendCount += ((length - 1) / layout.BlockSize) - ((length - rows) / layout.BlockSize) + 1;
            QueryCount += ((rows * _group) + AttentionShape.Tile - 1) / AttentionShape.Tile;
            SegmentCount = Math.Max(SegmentCount, (length + AttentionShape.Segment - 1) / AttentionShape.Segment);
            CheckBlocks(batch, i);
        }
    }

    private void CheckBlocks(ForwardBatch batch, int sequence)
    {
        ReadOnlySpan<int> blocks = batch.BlockTable(sequence)[..layout.BlocksFor(batch.ContextLengths[sequence])];
        foreach (int block in blocks)
        {
            if ((uint)block >= (uint)layout.BlockCount)
            {
                throw new ArgumentException($"Block {block} of sequence {sequence} is not in a pool of {layout.BlockCount}.");
            }
        }
    }

    private static void Put(ref Span<int> tiles, int a, int b, int c, int d)
    {
        (tiles[0], tiles[1], tiles[2], tiles[3]) = (a, b, c, d);
        tiles = tiles[Numbers..];
    }
}
