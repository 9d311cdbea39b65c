namespace Laser.Serve.Compute;

/// <summary>
/// The tokens of one step, as a ragged batch: the rows of all sequences one after the other. Prefill, a chunk of a
/// prefill and decode are the same thing here, a number of new tokens behind some tokens already in the cache. Filled
/// by the caller, read by the backend; reused from step to step so that a step allocates nothing.
/// </summary>
public sealed class ForwardBatch
{
    private readonly int[] _tokenIds;
    private readonly int[] _positions;
    private readonly int[] _queryStarts;
    private readonly int[] _contextLengths;
    private readonly int[] _openSlots;
    private readonly int[] _blockStarts;
    private readonly int[] _blocks;
    private readonly int[] _logitRows;

    /// <summary>Reserves room for the largest step.</summary>
    /// <param name="maxTokens">Rows of a step.</param>
    /// <param name="maxSequences">Sequences in a step.</param>
    /// <param name="maxBlocks">Sum of the lengths of their block tables.</param>
    public ForwardBatch(int maxTokens, int maxSequences, int maxBlocks)
    {
        _tokenIds = new int[maxTokens];
        _positions = new int[maxTokens];
        _logitRows = new int[maxTokens];
        _queryStarts = new int[maxSequences + 1];
        _contextLengths = new int[maxSequences];
        _openSlots = new int[maxSequences];
        _blockStarts = new int[maxSequences + 1];
        _blocks = new int[maxBlocks];
    }

    /// <summary>Sequences in the step.</summary>
    public int SequenceCount { get; private set; }

    /// <summary>Rows in the step.</summary>
    public int TokenCount => _queryStarts[SequenceCount];

    /// <summary>Rows whose logits are wanted.</summary>
    public int LogitRowCount { get; private set; }

    /// <summary>Token id of each row.</summary>
    public ReadOnlySpan<int> TokenIds => _tokenIds.AsSpan(0, TokenCount);

    /// <summary>Absolute position of each row in its sequence.</summary>
    public ReadOnlySpan<int> Positions => _positions.AsSpan(0, TokenCount);

    /// <summary>
    /// First row of each sequence, and behind the last one <see cref="TokenCount"/>: <c>SequenceCount + 1</c> entries.
    /// </summary>
    public ReadOnlySpan<int> QueryStarts => _queryStarts.AsSpan(0, SequenceCount + 1);

    /// <summary>Tokens of each sequence after this step, those in the cache and the new ones.</summary>
    public ReadOnlySpan<int> ContextLengths => _contextLengths.AsSpan(0, SequenceCount);

    /// <summary>Slot of each sequence for the fp32 rows of its open block.</summary>
    public ReadOnlySpan<int> OpenSlots => _openSlots.AsSpan(0, SequenceCount);

    /// <summary>The rows whose logits are wanted, ascending.</summary>
    public ReadOnlySpan<int> LogitRows => _logitRows.AsSpan(0, LogitRowCount);

    /// <summary>Block ids of a sequence in ascending position, enough for its context length.</summary>
    public ReadOnlySpan<int> BlockTable(int sequence) =>
        _blocks.AsSpan(_blockStarts[sequence], _blockStarts[sequence + 1] - _blockStarts[sequence]);

    /// <summary>Empties the batch for the next step.</summary>
    public void Clear()
    {
        SequenceCount = 0;
        LogitRowCount = 0;
    }

    /// <summary>
    /// Adds a sequence: <paramref name="tokenIds"/> stand at positions <paramref name="startPosition"/> and following.
    /// </summary>
    /// <param name="tokenIds">New tokens, at least one.</param>
    /// <param name="startPosition">Tokens of the sequence already in the cache.</param>
    /// <param name="blockTable">
    /// Its blocks, enough for all tokens including the new ones; the new ones' blocks are written.
    /// </param>
    /// <param name="openSlot">Its slot for the open block, the same from step to step while it has one.</param>
    /// <param name="logitCount">The last so many of its rows get logits.</param>
    public void Add(
        ReadOnlySpan<int> tokenIds, int startPosition, ReadOnlySpan<int> blockTable, int openSlot, int logitCount)
    {
        ArgumentOutOfRangeException.ThrowIfZero(tokenIds.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(logitCount, tokenIds.Length);

        int sequence = SequenceCount;
        int firstRow = TokenCount;
        int firstBlock = _blockStarts[sequence];
        tokenIds.CopyTo(_tokenIds.AsSpan(firstRow));
        blockTable.CopyTo(_blocks.AsSpan(firstBlock));
        for (int i = 0; i < tokenIds.Length; i++)
        {
            _positions[firstRow + i] = startPosition + i;
        }

        for (int i = tokenIds.Length - logitCount; i < tokenIds.Length; i++)
        {
            _logitRows[LogitRowCount++] = firstRow + i;
        }

        _contextLengths[sequence] = startPosition + tokenIds.Length;
        _openSlots[sequence] = openSlot;
        _queryStarts[sequence + 1] = firstRow + tokenIds.Length;
        _blockStarts[sequence + 1] = firstBlock + blockTable.Length;
        SequenceCount = sequence + 1;
    }
}
