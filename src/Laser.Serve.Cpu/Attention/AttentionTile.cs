namespace Laser.Serve.Cpu.Attention;

/// <summary>
/// Up to <see cref="AttentionScratch.Queries"/> query vectors of one sequence that read the same key/value head: the
/// heads of the group row by row, so their positions ascend.
/// </summary>
internal readonly struct AttentionTile
{
    /// <summary>Sequence in the batch.</summary>
    public required int Sequence { get; init; }

    /// <summary>Key/value head.</summary>
    public required int Head { get; init; }

    /// <summary>Query heads that share it.</summary>
    public required int GroupSize { get; init; }

    /// <summary>Position of the first new row of the sequence.</summary>
    public required int StartPosition { get; init; }

    /// <summary>Index of the first query vector among all of this sequence and head.</summary>
    public required int FirstQuery { get; init; }

    /// <summary>Query vectors.</summary>
    public required int Count { get; init; }

    /// <summary>Position of the last query vector.</summary>
    public int LastPosition => Position(Count - 1);

    /// <summary>New row that query vector <paramref name="i"/> belongs to.</summary>
    public int Row(int i) => (FirstQuery + i) / GroupSize;

    /// <summary>Query head of query vector <paramref name="i"/>.</summary>
    public int QueryHead(int i) => (Head * GroupSize) + ((FirstQuery + i) % GroupSize);

    /// <summary>Position of query vector <paramref name="i"/>.</summary>
    public int Position(int i) => StartPosition + Row(i);
}
