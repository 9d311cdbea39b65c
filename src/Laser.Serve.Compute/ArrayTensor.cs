using System.Runtime.InteropServices;

namespace Laser.Serve.Compute;

/// <summary>A <see cref="HostTensor"/> over an fp32 array: computed tables and small vectors.</summary>
public sealed class ArrayTensor : HostTensor
{
    private readonly float[] _values;

    /// <summary>Wraps <paramref name="values"/> (not copied), row-major <c>[rows, columns]</c>.</summary>
    public ArrayTensor(string name, float[] values, int rows, int columns)
        : base(name, DataType.Float32, rows, columns)
    {
        if (values.Length != (long)rows * columns)
        {
            throw new ArgumentException(
                $"{name}: {values.Length} values do not make {rows} x {columns}.", nameof(values));
        }

        _values = values;
    }

    /// <inheritdoc />
    public override ReadOnlySpan<byte> RowBytes(int row) =>
        MemoryMarshal.AsBytes(_values.AsSpan(checked(row * Columns), Columns));
}
