namespace Laser.Serve.Cpu.Linear;

/// <summary>
/// The input rows of a tile. Where fewer than four are left, the last one stands in for the missing ones.
/// </summary>
internal readonly unsafe struct LinearTileRows
{
    /// <summary>
    /// Points at rows <paramref name="first"/> and following of a matrix with <paramref name="stride"/> values per row.
    /// </summary>
    public LinearTileRows(float* x, nint stride, int first, int last)
    {
        Row0 = x + (first * stride);
        Row1 = x + (Math.Min(first + 1, last) * stride);
        Row2 = x + (Math.Min(first + 2, last) * stride);
        Row3 = x + (Math.Min(first + 3, last) * stride);
    }

    public float* Row0 { get; }

    public float* Row1 { get; }

    public float* Row2 { get; }

    public float* Row3 { get; }
}
