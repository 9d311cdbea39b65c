using System.Runtime.InteropServices;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Threading;
using Laser.Serve.Cpu.Memory;

namespace Laser.Serve.Cpu.Linear;

/// <summary>
/// Rearranges checkpoint rows into panels, one panel per item: reads each source row once, in file order, and writes it
/// as one lane.
/// </summary>
internal sealed unsafe class PanelPacking : ParallelJob
{
    private readonly HostTensor[] _sources;
    private readonly int[] _starts;
    private readonly PackedMatrix _target;
    private readonly float[][] _rows;

    private PanelPacking(HostTensor[] sources, PackedMatrix target, int threadCount)
    {
        _sources = sources;
        _target = target;
        _starts = new int[sources.Length + 1];
        for (int i = 0; i < sources.Length; i++)
        {
            _starts[i + 1] = _starts[i] + sources[i].Rows;
        }

        _rows = new float[threadCount][];
        for (int i = 0; i < threadCount; i++)
        {
            _rows[i] = new float[target.InputFeatures];
        }
    }

    /// <summary>What becomes of matrices of equal width that are stacked by rows, as they are or quantized.</summary>
    /// <returns>How weights are kept, and the rows of all.</returns>
    public static (WeightFormat Format, int Outputs) Plan(bool quantize, ReadOnlySpan<HostTensor> stacked)
    {
        if (stacked.IsEmpty)
        {
            throw new ArgumentException("No matrix to load.", nameof(stacked));
        }

        WeightFormat format = quantize ? WeightFormat.Int8 : WeightFormat.BFloat16;
        int outputs = 0;
        foreach (HostTensor source in stacked)
        {
            if (source.Columns != stacked[0].Columns)
            {
                throw new ArgumentException(
                    $"{source.Name} has {source.Columns} columns and {stacked[0].Name} {stacked[0].Columns}: no stack.",
                    nameof(stacked));
            }

            outputs = checked(outputs + source.Rows);
            format = quantize || source.Type == DataType.BFloat16 ? format : WeightFormat.Float32;
        }

        return (format, outputs);
    }

    /// <summary>Stacks matrices by rows and packs them with all threads, as <see cref="Plan"/> says.</summary>
    public static PackedMatrix Pack(
        WorkerPool pool, MemoryBudget budget, WeightFormat format, int outputs, ReadOnlySpan<HostTensor> stacked)
    {
        PackedMatrix matrix = new(budget, format, outputs, stacked[0].Columns, stacked[0].Name);
        try
        {
            pool.Run(new PanelPacking(stacked.ToArray(), matrix, pool.ThreadCount), matrix.PanelCount);
            return matrix;
        }
        catch
        {
            matrix.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public override void Run(int item, int worker)
    {
        byte* panel = _target.Panel(item);
        new Span<byte>(panel, checked((int)_target.PanelBytes)).Clear();
        int firstOutput = item * PanelLayout.Outputs;
        int outputs = Math.Min(PanelLayout.Outputs, _target.OutputFeatures - firstOutput);
        for (int lane = 0; lane < outputs; lane++)
        {
            int output = firstOutput + lane;
            int source = 0;
            while (output >= _starts[source + 1])
            {
                source++;
            }

            if (_target.Format == WeightFormat.BFloat16)
            {
                PackBFloat16(_sources[source].RowBytes(output - _starts[source]), (uint*)panel + lane);
            }
            else
            {
                float[] row = _rows[worker];
                _sources[source].CopyRow(output - _starts[source], row);
                if (_target.Format == WeightFormat.Int8)
                {
                    GroupLayout.Pack(row, panel, lane);
                }
                else
                {
                    PackSingle(row, (float*)panel + lane);
                }
            }
        }
    }

    private static void PackBFloat16(ReadOnlySpan<byte> row, uint* target)
    {
        ReadOnlySpan<ushort> values = MemoryMarshal.Cast<byte, ushort>(row);
        ReadOnlySpan<uint> pairs = MemoryMarshal.Cast<ushort, uint>(values);
        for (int i = 0; i < pairs.Length; i++)
        {
            target[(long)i * PanelLayout.Outputs] = pairs[i];
        }

        if ((values.Length & 1) != 0)
        {
            target[(long)pairs.Length * PanelLayout.Outputs] = values[^1];
        }
    }

    private static void PackSingle(ReadOnlySpan<float> row, float* target)
    {
        for (int i = 0; i < row.Length; i++)
        {
            target[(long)i * PanelLayout.Outputs] = row[i];
        }
    }
}
