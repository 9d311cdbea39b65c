using Laser.Serve.Compute;
using Laser.Serve.Cuda.Device;

namespace Laser.Serve.Cuda.Memory;

/// <summary>Uploads tables and vectors as they are, widened to fp32.</summary>
internal static class TableLoader
{
    /// <summary>Loads a table, or vectors joined end to end.</summary>
    /// <exception cref="ArgumentException">There is nothing to load, or several tables of more than one row.</exception>
    public static CudaTensor Load(CudaDevice device, ReadOnlySpan<HostTensor> joined)
    {
        if (joined.IsEmpty)
        {
            throw new ArgumentException("No table to load.", nameof(joined));
        }

        int rows = joined[0].Rows;
        int columns = 0;
        foreach (HostTensor tensor in joined)
        {
            if (joined.Length > 1 && tensor.Rows != 1)
            {
                throw new ArgumentException($"{tensor.Name} has {tensor.Rows} rows: only vectors are joined.", nameof(joined));
            }

            columns = checked(columns + tensor.Columns);
        }

        var table = new CudaTensor(device, rows, columns);
        try
        {
            long offset = 0;
            foreach (HostTensor tensor in joined)
            {
                float[] row = new float[tensor.Columns];
                for (int i = 0; i < rows; i++, offset += tensor.Columns)
                {
                    tensor.CopyRow(i, row);
                    table.Buffer.Upload<float>(row, offset * sizeof(float));
                }
            }

            return table;
        }
        catch
        {
            table.Dispose();
            throw;
        }
    }
}
