namespace Laser.Serve.Cpu.Linear;

/// <summary>The pairs of four input rows, <paramref name="stride"/> pairs apart.</summary>
internal readonly unsafe struct Int8TileRows(int* x, nint stride)
{
    public int* Row0 { get; } = x;

    public int* Row1 { get; } = x + stride;

    public int* Row2 { get; } = x + (2 * stride);

    public int* Row3 { get; } = x + (3 * stride);
}
