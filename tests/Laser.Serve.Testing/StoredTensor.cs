using Laser.Serve.Compute;
using Laser.Serve.Testing.Generators;
using Laser.Serve.Testing.Reference;

namespace Laser.Serve.Testing;

/// <summary>A checkpoint tensor in memory, rounded to its type.</summary>
public sealed class StoredTensor : HostTensor
{
    private readonly byte[] _bytes;

    /// <summary>Rounds and encodes <paramref name="values"/>, row-major.</summary>
    public StoredTensor(string name, DataType type, ReadOnlySpan<float> values, int rows, int columns)
        : base(name, type, rows, columns)
    {
        if (values.Length != rows * columns)
        {
            throw new ArgumentException(
                $"{name}: {values.Length} values do not make {rows} x {columns}.", nameof(values));
        }

        _bytes = StorageRounding.Encode(values, type);
    }

    /// <summary>Normal numbers.</summary>
    public static StoredTensor Random(
        DeterministicRandom random, DataType type, int rows, int columns, double deviation = 1) =>
        new($"random {type}", type, random.Gaussians(rows * columns, deviation), rows, columns);

    /// <inheritdoc />
    public override ReadOnlySpan<byte> RowBytes(int row)
    {
        int size = Columns * Type.ByteSize();
        return _bytes.AsSpan(row * size, size);
    }
}
