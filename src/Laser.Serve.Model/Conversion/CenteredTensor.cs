using System.Runtime.InteropServices;
using Laser.Serve.Compute;

namespace Laser.Serve.Model.Conversion;

/// <summary>
/// What writes into the residual stream, less its mean over the channels of the stream: rows of an embedding, a bias,
/// or the columns of a projection. Layer norm takes that mean off whatever it reads; where nothing writes one, it is
/// RMS norm. Means are taken in double, and the result is fp32. A row is valid until the next one is taken.
/// </summary>
internal sealed class CenteredTensor : HostTensor
{
    private readonly HostTensor _source;
    private readonly float[] _row;
    private readonly bool _overRows;
    private double[]? _columnMeans;

    /// <summary>Wraps a tensor.</summary>
    /// <param name="name">Name of the result.</param>
    /// <param name="source">What is centered.</param>
    /// <param name="overRows">Whether the channels of the stream are its rows, not its columns.</param>
    public CenteredTensor(string name, HostTensor source, bool overRows)
        : base(name, DataType.Float32, source.Rows, source.Columns)
    {
        _source = source;
        _overRows = overRows;
        _row = new float[source.Columns];
    }

    /// <inheritdoc />
    public override ReadOnlySpan<byte> RowBytes(int row)
    {
        double[]? columnMeans = _overRows ? _columnMeans ??= ColumnMeans() : null;
        _source.CopyRow(row, _row);
        double rowMean = columnMeans is null ? Sum(_row) / _row.Length : 0;
        for (int i = 0; i < _row.Length; i++)
        {
            _row[i] = (float)(_row[i] - (columnMeans is null ? rowMean : columnMeans[i]));
        }

        return MemoryMarshal.AsBytes(_row.AsSpan());
    }

    private double[] ColumnMeans()
    {
        var sums = new double[Columns];
        for (int row = 0; row < Rows; row++)
        {
            _source.CopyRow(row, _row);
            for (int i = 0; i < sums.Length; i++)
            {
                sums[i] += _row[i];
            }
        }

        return [.. sums.Select(sum => sum / Rows)];
    }

    private static double Sum(float[] row)
    {
        double sum = 0;
        foreach (float value in row)
        {
            sum += value;
        }

        return sum;
    }
}
