using Laser.Serve.Compute;
using Laser.Serve.Cuda.Device;

namespace Laser.Serve.Cuda.Linear;

/// <summary>
/// Brings weights to the device: bf16 and fp16 as they are, what is mixed or fp32 as fp32; or quantized to 8 bits.
/// </summary>
internal sealed class MatrixLoader(CudaDevice device, bool quantize = false)
{
    /// <summary>Loads a matrix to multiply by; several of equal width are stacked by rows.</summary>
    /// <exception cref="ArgumentException">There is none, one has no numbers, or widths differ.</exception>
    /// <exception cref="InsufficientMemoryException">The device has not that much memory left.</exception>
    public CudaMatrix Load(params ReadOnlySpan<HostTensor> stacked) =>
        Load(quantize ? WeightFormat.Int8 : CommonFormat(stacked), stacked);

    /// <summary>Loads a matrix whose rows are looked up, exactly as they are; it can be multiplied by, too.</summary>
    /// <exception cref="ArgumentException">It has no numbers.</exception>
    /// <exception cref="InsufficientMemoryException">The device has not that much memory left.</exception>
    public CudaMatrix LoadEmbedding(HostTensor table) => Load(CommonFormat([table]), [table]);

    private static WeightFormat CommonFormat(ReadOnlySpan<HostTensor> stacked)
    {
        DataType? common = stacked.IsEmpty ? null : stacked[0].Type;
        foreach (HostTensor tensor in stacked)
        {
            common = tensor.Type == common ? common : null;
        }

        return common switch
        {
            DataType.BFloat16 => WeightFormat.BFloat16,
            DataType.Float16 => WeightFormat.Float16,
            _ => WeightFormat.Float32,
        };
    }

    private CudaMatrix Load(WeightFormat format, ReadOnlySpan<HostTensor> stacked)
    {
        int outputs = OutputsOf(stacked);
        CudaMatrix matrix = new(device, format, outputs, stacked[0].Columns, stacked[0].Name);
        try
        {
            MatrixWriter writer = new(matrix);
            foreach (HostTensor tensor in stacked)
            {
                writer.Write(tensor);
            }

            writer.Flush();
            return matrix;
        }
        catch
        {
            matrix.Dispose();
            throw;
        }
    }

    private static int OutputsOf(ReadOnlySpan<HostTensor> stacked)
    {
        if (stacked.IsEmpty)
        {
            throw new ArgumentException("No matrix to load.", nameof(stacked));
        }

        int outputs = 0;
        foreach (HostTensor tensor in stacked)
        {
            if (tensor.Rows == 0 || tensor.Columns == 0)
            {
                throw new ArgumentException(
                    $"{tensor.Name} of {tensor.Rows} x {tensor.Columns} holds no numbers.", nameof(stacked));
            }

            if (tensor.Columns != stacked[0].Columns)
            {
                throw new ArgumentException(
                    $"{tensor.Name} has {tensor.Columns} columns and {stacked[0].Name} {stacked[0].Columns}: no stack.",
                    nameof(stacked));
            }

            outputs = checked(outputs + tensor.Rows);
        }

        return outputs;
    }
}
