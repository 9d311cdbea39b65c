using System.Runtime.InteropServices;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Numerics;

namespace Laser.Serve.Cuda.Linear;

/// <summary>
/// Fills a matrix row by row, in ascending order: brings rows into the format of the matrix and copies them to the device
/// a piece at a time, so that no more than a piece is in host memory.
/// </summary>
internal sealed class MatrixWriter
{
    private const int PieceBytes = 4 << 20;

    private readonly CudaMatrix _matrix;
    private readonly byte[] _rows;
    private readonly float[] _scales;
    private readonly float[] _numbers;
    private readonly int _rowsPerPiece;
    private int _written;
    private int _pending;

    /// <summary>Takes the memory of a piece.</summary>
    public MatrixWriter(CudaMatrix matrix)
    {
        _matrix = matrix;
        _rowsPerPiece = Math.Clamp(PieceBytes / matrix.RowBytes, 1, matrix.OutputFeatures);
        _rows = new byte[checked(_rowsPerPiece * matrix.RowBytes)];
        _scales = new float[_rowsPerPiece * matrix.ScalesPerRow];
        _numbers = new float[matrix.Format == WeightFormat.Int8 ? matrix.InputFeatures : 0];
    }

    /// <summary>Writes the next rows of the matrix: all of <paramref name="source"/>.</summary>
    public void Write(HostTensor source)
    {
        for (int row = 0; row < source.Rows; row++)
        {
            // Padding stays zero: no row is longer than another.
            Span<byte> target = _rows.AsSpan(_pending * _matrix.RowBytes, _matrix.RowBytes);
            switch (_matrix.Format)
            {
                case WeightFormat.Int8:
                    source.CopyRow(row, _numbers);
                    Quantize(target, _scales.AsSpan(_pending * _matrix.ScalesPerRow, _matrix.ScalesPerRow));
                    break;
                case WeightFormat.Float32:
                    source.CopyRow(row, MemoryMarshal.Cast<byte, float>(target));
                    break;
                default:
                    source.RowBytes(row).CopyTo(target);
                    break;
            }

            _pending++;
            if (_pending == _rowsPerPiece)
            {
                Flush();
            }
        }
    }

    /// <summary>Copies what is left to the device.</summary>
    public void Flush()
    {
        if (_pending > 0)
        {
            _matrix.Upload(
                _written, _rows.AsSpan(0, _pending * _matrix.RowBytes), _scales.AsSpan(0, _pending * _matrix.ScalesPerRow));
        }

        _written += _pending;
        _pending = 0;
    }

    private void Quantize(Span<byte> row, Span<float> scales)
    {
        Span<sbyte> integers = MemoryMarshal.Cast<byte, sbyte>(row);
        for (int group = 0; group < scales.Length; group++)
        {
            int first = group * QuantizedGroup.Size;
            ReadOnlySpan<float> weights =
                _numbers.AsSpan(first, Math.Min(QuantizedGroup.Size, _numbers.Length - first));
            scales[group] = QuantizedGroup.Quantize(weights, integers.Slice(first, QuantizedGroup.Size));
        }
    }
}
