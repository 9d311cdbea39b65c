using Laser.Serve.Compute;
using Laser.Serve.Cuda.Memory;

namespace Laser.Serve.Cuda.Steps;

/// <summary>A step's <see cref="ForwardBatch"/> on the device: int32 arrays, as the batch describes them.</summary>
internal sealed class StepInputs(StagedInts staged) : IDisposable
{
    private enum Item
    {
        TokenIds,
        Positions,
        RowSequences,
        LogitRows,
        QueryStarts,
        ContextLengths,
        OpenSlots,
        BlockStarts,
        Blocks,
        Count,
    }

    /// <summary>Number of arrays, for the memory behind this.</summary>
    public static int ArrayCount => (int)Item.Count;

    /// <summary>Token id of each row.</summary>
    public ulong TokenIds => At(Item.TokenIds);

    /// <summary>Position of each row.</summary>
    public ulong Positions => At(Item.Positions);

    /// <summary>Sequence of each row.</summary>
    public ulong RowSequences => At(Item.RowSequences);

    /// <summary>Rows whose logits are wanted.</summary>
    public ulong LogitRows => At(Item.LogitRows);

    /// <summary>First row of each sequence, one more entry than there are sequences.</summary>
    public ulong QueryStarts => At(Item.QueryStarts);

    /// <summary>Tokens of each sequence after the step.</summary>
    public ulong ContextLengths => At(Item.ContextLengths);

    /// <summary>Slot of each sequence.</summary>
    public ulong OpenSlots => At(Item.OpenSlots);

    /// <summary>Where each sequence's blocks begin in <see cref="Blocks"/>, one more entry than there are sequences.</summary>
    public ulong BlockStarts => At(Item.BlockStarts);

    /// <summary>The block tables, one behind the other.</summary>
    public ulong Blocks => At(Item.Blocks);

    /// <summary>Uploads a batch.</summary>
    public void Set(ForwardBatch batch)
    {
        int tokens = batch.TokenCount;
        int sequences = batch.SequenceCount;
        int blocks = 0;
        for (int i = 0; i < sequences; i++)
        {
            blocks += batch.BlockTable(i).Length;
        }

        staged.Fit([tokens, tokens, tokens, batch.LogitRowCount, sequences + 1, sequences, sequences, sequences + 1, blocks]);
        batch.TokenIds.CopyTo(Host(Item.TokenIds, tokens));
        batch.Positions.CopyTo(Host(Item.Positions, tokens));
        batch.LogitRows.CopyTo(Host(Item.LogitRows, batch.LogitRowCount));
        batch.QueryStarts.CopyTo(Host(Item.QueryStarts, sequences + 1));
        batch.ContextLengths.CopyTo(Host(Item.ContextLengths, sequences));
        batch.OpenSlots.CopyTo(Host(Item.OpenSlots, sequences));
        SetSequences(batch, Host(Item.RowSequences, tokens), Host(Item.BlockStarts, sequences + 1), Host(Item.Blocks, blocks));
        staged.Upload();
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose() => staged.Dispose();

    private static void SetSequences(ForwardBatch batch, Span<int> rowSequences, Span<int> blockStarts, Span<int> blocks)
    {
        int block = 0;
        for (int i = 0; i < batch.SequenceCount; i++)
        {
            rowSequences[batch.QueryStarts[i]..batch.QueryStarts[i + 1]].Fill(i);
            blockStarts[i] = block;
            batch.BlockTable(i).CopyTo(blocks[block..]);
            block += batch.BlockTable(i).Length;
        }

        blockStarts[batch.SequenceCount] = block;
    }

    private Span<int> Host(Item item, int length) => staged.Host((int)item, length);

    private ulong At(Item item) => staged.Address((int)item);
}
