namespace Laser.Serve.Cpu.Linear;

/// <summary>
/// The input rows of a tile. Where fewer than four are left, the last one stands in for the missing ones.
/// </summary>
internal readonly unsafe struct LinearTileRows
{
    /// <summary>Points at <paramref name="count"/> rows of <paramref name="stride"/> values.</summary>
    public LinearTileRows(float* x, nint stride, int count)
    {
        Row0 = x;
        Row1 = x + (Math.Min(1, count - 1) * stride);
        Row2 = x + (Math.Min(2, count - 1) * stride);
        Row3 = x + (Math.Min(3, count - 1) * stride);
    }

    public float* Row0 { get; }

    public float* Row1 { get; }

    public float* Row2 { get; }

    public float* Row3 { get; }
}
