using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Testing.Reference;

/// <summary>
/// The backend contract in plain loops: fp32 activations between operations, double arithmetic within one. It is the
/// oracle of the contract tests and a device for tests of everything above the contract, so it checks every shape and
/// the order of calls.
/// </summary>
public sealed partial class ReferenceBackend : IBackend
{
    private ForwardBatch? _batch;
    private SequenceFault[] _faults = [];

    /// <inheritdoc />
    public string Description => "scalar reference, double precision";

    /// <inheritdoc />
    public DeviceMatrix LoadMatrix(params ReadOnlySpan<HostTensor> stacked)
    {
        int rows = 0;
        foreach (HostTensor tensor in stacked)
        {
            Require(
                tensor.Columns == stacked[0].Columns,
                $"{tensor.Name} is {tensor.Columns} wide, not {stacked[0].Columns}.");
            rows += tensor.Rows;
        }

        var matrix = new ReferenceMatrix(rows, stacked[0].Columns);
        int next = 0;
        foreach (HostTensor tensor in stacked)
        {
            for (int row = 0; row < tensor.Rows; row++)
            {
                tensor.CopyRow(row, matrix.Row(next++));
            }
        }

        return matrix;
    }

    /// <inheritdoc />
    public DeviceTensor LoadTable(params ReadOnlySpan<HostTensor> joined)
    {
        if (joined.Length == 1)
        {
            var table = new ReferenceTensor(joined[0].Rows, joined[0].Columns);
            for (int row = 0; row < joined[0].Rows; row++)
            {
                joined[0].CopyRow(row, table.Row(row));
            }

            return table;
        }

        int columns = 0;
        foreach (HostTensor tensor in joined)
        {
            Require(tensor.Rows == 1, $"{tensor.Name} has {tensor.Rows} rows; only vectors can be joined.");
            columns += tensor.Columns;
        }

        var vector = new ReferenceTensor(1, columns);
        Span<float> rest = vector.Row(0);
        foreach (HostTensor tensor in joined)
        {
            tensor.CopyRow(0, rest);
            rest = rest[tensor.Columns..];
        }

        return vector;
    }

    /// <inheritdoc />
    public DeviceTensor CreateTensor(int rowCapacity, int columns) => new ReferenceTensor(rowCapacity, columns);

    /// <inheritdoc />
    public KvCache CreateKvCache(KvCacheLayout layout) => new ReferenceKvCache(layout);

    /// <inheritdoc />
    public void BeginStep(ForwardBatch batch)
    {
        RequireCall(_batch is null, "BeginStep before the EndStep of the last step.");
        _batch = batch;
        _faults = new SequenceFault[batch.SequenceCount];
    }

    /// <inheritdoc />
    public void EndStep(Span<SequenceFault> faults)
    {
        RequireCall(_batch is not null, "EndStep without BeginStep.");
        _batch = null;
        _faults.CopyTo(faults);
    }

    /// <inheritdoc />
    public void Download(DeviceTensor tensor, int rows, Span<float> destination)
    {
        ReferenceTensor source = Tensor(tensor, rows);
        for (int row = 0; row < rows; row++)
        {
            source.Row(row).CopyTo(destination[(row * source.Columns)..]);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
    }

    // For operations between BeginStep and EndStep.
    private ReferenceTensor Tensor(DeviceTensor tensor, int rows, int columns)
    {
        RequireCall(_batch is not null, "An operation outside of a step.");
        Require(tensor.Columns == columns, $"A tensor of {tensor.Columns} columns where {columns} belong.");
        return Tensor(tensor, rows);
    }

    private void RequireCurrent(ForwardBatch batch) =>
        RequireCall(ReferenceEquals(batch, _batch), "The batch is not that of the step.");

    private static ReferenceTensor Tensor(DeviceTensor tensor, int rows)
    {
        Require(rows <= tensor.RowCapacity, $"{rows} rows in a tensor of {tensor.RowCapacity}.");
        return (ReferenceTensor)tensor;
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new ArgumentException(message);
        }
    }

    private static void RequireCall(bool condition, string message)
    {
        if (!condition)
        {
            throw new InvalidOperationException(message);
        }
    }
}
