using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Engine.Execution;

namespace Laser.Serve.Engine.Tests.Fakes;

/// <summary>
/// A model whose cache holds the token ids themselves. Its logits are a function of the tokens it reads back through
/// the block table, so a block in the wrong place gives wrong tokens; and it checks every batch it gets.
/// </summary>
internal sealed class FakeModelRunner : IModelRunner
{
    private readonly int?[] _cells;
    private readonly int?[] _slotOfBlock;

    public FakeModelRunner(
        int blockCount = 64,
        int openSlotCount = 8,
        int vocabularySize = 300,
        int maxContextLength = 1024,
        int rawPageCount = 0,
        int blockSize = 16)
    {
        VocabularySize = vocabularySize;
        MaxContextLength = maxContextLength;
        CacheLayout = LayoutOf(blockCount, openSlotCount, blockSize) with { RawPageCount = rawPageCount };
        _cells = new int?[blockCount * CacheLayout.BlockSize];
        _slotOfBlock = new int?[blockCount];
    }

    public int VocabularySize { get; }

    public int MaxContextLength { get; }

    public KvCacheLayout CacheLayout { get; }

    public int HostThreadCount => 3;

    public KvCacheStatistics CacheStatistics { get; set; } = new(1, 2, 3, 4, 5);

    /// <summary>A full block with this token takes a raw page, and <see cref="CacheStatistics"/> count them.</summary>
    public int? RawToken { get; init; }

    /// <summary>
    /// Writes the logits that follow a context. By default those of <see cref="PseudoRandomLogits"/>.
    /// </summary>
    public Action<int[], Span<float>> Logits { get; set; } = PseudoRandomLogits;

    /// <summary>Called with each batch before it is computed; may wait or throw.</summary>
    public Action<ForwardBatch>? BeforeRun { get; set; }

    /// <summary>The fault of a sequence with a context.</summary>
    public Func<int[], SequenceFault> Fault { get; set; } = _ => SequenceFault.None;

    /// <summary>Thrown by <see cref="ReleaseBlock"/> and <see cref="RawPagesOf"/>.</summary>
    public Exception? BlockFailure { get; set; }

    /// <summary>New tokens of each sequence, step by step.</summary>
    public List<int[]> Steps { get; } = [];

    /// <summary>What was wrong with batches.</summary>
    public List<string> Violations { get; } = [];

    /// <summary>What <see cref="CopyOpenBlock"/> throws.</summary>
    public Exception? CopyFailure { get; set; }

    /// <summary>Open blocks that were copied.</summary>
    public int CopyCount { get; private set; }

    /// <summary>What <see cref="Truncate"/> throws.</summary>
    public Exception? TruncateFailure { get; set; }

    /// <summary>Rows that were taken back.</summary>
    public int TruncatedRowCount { get; private set; }

    /// <summary>Blocks with something in them.</summary>
    public int OwnedBlockCount => _slotOfBlock.Count(slot => slot is not null);

    public static KvCacheLayout LayoutOf(int blockCount, int openSlotCount, int blockSize = 16) => new()
    {
        Attention = new LaserAttentionSpec(AttentionVariant.Laser, Heads: 1, KvHeads: 1, HeadDim: 4, Scale: 0.5f),
        LayerCount = 1,
        BlockSize = blockSize,
        BlockCount = blockCount,
        OpenSlotCount = openSlotCount,
    };

    /// <summary>Logits of which one stands out.</summary>
    public static Action<int[], Span<float>> Always(Func<int[], int> next) => (context, logits) =>
    {
        logits.Clear();
        logits[next(context)] = 50;
    };

    public static void PseudoRandomLogits(int[] context, Span<float> logits)
    {
        uint hash = 2166136261;
        foreach (int token in context)
        {
            hash = (hash ^ (uint)token) * 16777619;
        }

        var random = new Random((int)(hash >> 1));
        foreach (ref float logit in logits)
        {
            logit = (float)(random.NextDouble() * 8);
        }
    }

    public void Run(ForwardBatch batch, Span<float> logits, Span<SequenceFault> faults)
    {
        BeforeRun?.Invoke(batch);
        Steps.Add(NewTokenCounts(batch));
        bool slotsDiffer = batch.OpenSlots.ToArray().Distinct().Count() == batch.SequenceCount;
        Require(slotsDiffer, "two sequences have one open slot");
        int logitRow = 0;
        for (int sequence = 0; sequence < batch.SequenceCount; sequence++)
        {
            int[] context = Store(batch, sequence);
            faults[sequence] = TakeRawPages(batch, sequence) ? Fault(context) : SequenceFault.RawPoolExhausted;
            int end = batch.QueryStarts[sequence + 1];
            while (logitRow < batch.LogitRowCount && batch.LogitRows[logitRow] < end)
            {
                int position = context.Length - (end - batch.LogitRows[logitRow]);
                Logits(context[..(position + 1)], logits.Slice(logitRow++ * VocabularySize, VocabularySize));
            }
        }

        Require(logitRow == batch.LogitRowCount, "a row of logits belongs to no token");
        Require(logits.Length == logitRow * VocabularySize, "the logits have no room, or too much");
    }

    // In an order that nobody should count on.
    public void RunOnHost(IHostWork work, int itemCount)
    {
        for (int item = itemCount - 1; item >= 0; item--)
        {
            work.Run(item, worker: item % HostThreadCount);
        }
    }

    public void ReleaseBlock(int block)
    {
        ChangeRawPages(-RawPagesOf(block));
        _slotOfBlock[block] = null;
        _cells.AsSpan(block * CacheLayout.BlockSize, CacheLayout.BlockSize).Clear();
    }

    public int RawPagesOf(int block)
    {
        if (BlockFailure is not null)
        {
            throw BlockFailure;
        }

        return RawToken is int raw && IsFull(block) && CellsOf(block).Contains(raw) ? 1 : 0;
    }

    public void CopyOpenBlock(int fromBlock, int fromSlot, int toBlock, int toSlot)
    {
        if (CopyFailure is not null)
        {
            throw CopyFailure;
        }

        CopyCount++;
        Require(_slotOfBlock[fromBlock] == fromSlot && !IsFull(fromBlock), "a block is copied that is not open");
        Require(_slotOfBlock[toBlock] is null, "a block is overwritten by a copy");
        _slotOfBlock[toBlock] = toSlot;
        CellsOf(fromBlock).CopyTo(CellsOf(toBlock));
    }

    public void Truncate(int block, int slot, int rowCount)
    {
        if (TruncateFailure is not null)
        {
            throw TruncateFailure;
        }

        Require(_slotOfBlock[block] == slot && !IsFull(block), "a block is cut that is not open");
        Span<int?> cells = CellsOf(block);
        int count = IsFull(block) ? cells.Length : cells.IndexOf((int?)null);
        Require(rowCount >= 1 && rowCount < count, "a block is cut to rows that it has not, or to all it has");
        TruncatedRowCount += Math.Max(0, count - rowCount);
        cells[rowCount..].Clear();
    }

    public void Dispose()
    {
    }

    private Span<int?> CellsOf(int block) => _cells.AsSpan(block * CacheLayout.BlockSize, CacheLayout.BlockSize);

    private bool IsFull(int block) => !CellsOf(block).Contains(null);

    private void ChangeRawPages(int count) =>
        CacheStatistics = CacheStatistics with { RawPagesUsed = CacheStatistics.RawPagesUsed + count };

    // For the blocks that the step filled; false if the pool has run out.
    private bool TakeRawPages(ForwardBatch batch, int sequence)
    {
        int computed = batch.ContextLengths[sequence];
        int before = computed - (batch.QueryStarts[sequence + 1] - batch.QueryStarts[sequence]);
        for (int i = before / CacheLayout.BlockSize; i < computed / CacheLayout.BlockSize; i++)
        {
            ChangeRawPages(RawPagesOf(batch.BlockTable(sequence)[i]));
        }

        return RawToken is null || CacheStatistics.RawPagesUsed <= CacheLayout.RawPageCount;
    }

    // Writes the new tokens of a sequence and reads all of them back.
    private int[] Store(ForwardBatch batch, int sequence)
    {
        (int first, int end) = (batch.QueryStarts[sequence], batch.QueryStarts[sequence + 1]);
        int slot = batch.OpenSlots[sequence];
        int[] blocks = batch.BlockTable(sequence).ToArray();
        int contextLength = batch.ContextLengths[sequence];
        Require(blocks.Length == CacheLayout.BlocksFor(contextLength), "a block table does not fit its context");
        Require(slot >= 0 && slot < CacheLayout.OpenSlotCount, "an open slot does not exist");
        foreach (int block in blocks)
        {
            // Full ones are anybody's.
            bool own = _slotOfBlock[block] is null || _slotOfBlock[block] == slot;
            Require(own || IsFull(block), "a block belongs to another sequence");
            _slotOfBlock[block] = own ? slot : _slotOfBlock[block];
        }

        for (int row = first; row < end; row++)
        {
            int position = batch.Positions[row];
            Require(position == contextLength - (end - row), "positions are not consecutive");
            ref int? cell = ref CellOf(blocks, position);
            Require(cell is null, "a position is computed twice");
            cell = batch.TokenIds[row];
        }

        var context = new int[contextLength];
        for (int position = 0; position < contextLength; position++)
        {
            int? cell = CellOf(blocks, position);
            Require(cell is not null, "a position was left out");
            context[position] = cell ?? 0;
        }

        return context;
    }

    private ref int? CellOf(int[] blocks, int position)
    {
        int blockSize = CacheLayout.BlockSize;
        return ref _cells[(blocks[position / blockSize] * blockSize) + (position % blockSize)];
    }

    private void Require(bool condition, string violation)
    {
        if (!condition)
        {
            Violations.Add(violation);
        }
    }

    private static int[] NewTokenCounts(ForwardBatch batch)
    {
        var counts = new int[batch.SequenceCount];
        for (int i = 0; i < counts.Length; i++)
        {
            counts[i] = batch.QueryStarts[i + 1] - batch.QueryStarts[i];
        }

        return counts;
    }
}
