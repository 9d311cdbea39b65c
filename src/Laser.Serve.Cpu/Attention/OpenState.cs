namespace Laser.Serve.Cpu.Attention;

/// <summary>
/// The unfinished tail block of a sequence at one layer and head. Its fp32 rows alternate between two buffers from
/// block to block: at most one block is opened per step, so the rows of the block that was open before the step stay
/// readable throughout it.
/// </summary>
internal struct OpenState
{
    /// <summary>Block id plus one; 0 for none yet.</summary>
    public int BlockNumber;

    /// <summary>Rows in the block so far.</summary>
    public int RowCount;

    /// <summary>Which buffer has the rows.</summary>
    public int Buffer;

    /// <summary>Which buffer had them when the step began.</summary>
    public int BufferBefore;

    /// <summary>The block cannot be held as u any more.</summary>
    public bool Raw;
}
