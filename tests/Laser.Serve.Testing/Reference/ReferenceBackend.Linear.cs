using Laser.Serve.Compute;

namespace Laser.Serve.Testing.Reference;

/// <content>Table look-up, linear maps, residual addition and gathering.</content>
public sealed partial class ReferenceBackend
{
    /// <inheritdoc />
    public void Embed(ForwardBatch batch, DeviceMatrix table, DeviceTensor output)
    {
        RequireCurrent(batch);
        var source = (ReferenceMatrix)table;
        ReferenceTensor destination = Tensor(output, batch.TokenCount, table.InputFeatures);
        for (int row = 0; row < batch.TokenCount; row++)
        {
            source.Row(batch.TokenIds[row]).CopyTo(destination.Row(row));
        }
    }

    /// <inheritdoc />
    public void Linear(DeviceTensor input, int rows, DeviceMatrix weight, DeviceTensor? bias, DeviceTensor output)
    {
        Require(!ReferenceEquals(input, output), "Linear does not work in place.");
        var matrix = (ReferenceMatrix)weight;
        ReferenceTensor source = Tensor(input, rows, matrix.InputFeatures);
        ReferenceTensor destination = Tensor(output, rows, matrix.OutputFeatures);
        ReferenceTensor? offset = bias is null ? null : Tensor(bias, 1, matrix.OutputFeatures);
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < matrix.OutputFeatures; i++)
            {
                double sum = Dot(source.Row(row), matrix.Row(i)) + (offset is null ? 0 : offset.Row(0)[i]);
                destination.Row(row)[i] = (float)sum;
            }
        }
    }

    /// <inheritdoc />
    public void AddResidual(DeviceTensor residual, int rows, DeviceTensor delta)
    {
        ReferenceTensor sum = Tensor(residual, rows, residual.Columns);
        ReferenceTensor term = Tensor(delta, rows, residual.Columns);
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < sum.Columns; i++)
            {
                sum.Row(row)[i] += term.Row(row)[i];
            }
        }
    }

    /// <inheritdoc />
    public void GatherLogitRows(ForwardBatch batch, DeviceTensor input, DeviceTensor output)
    {
        RequireCurrent(batch);
        ReferenceTensor source = Tensor(input, batch.TokenCount, input.Columns);
        ReferenceTensor destination = Tensor(output, batch.LogitRowCount, input.Columns);
        for (int i = 0; i < batch.LogitRowCount; i++)
        {
            source.Row(batch.LogitRows[i]).CopyTo(destination.Row(i));
        }
    }

    private static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += (double)a[i] * b[i];
        }

        return sum;
    }
}
