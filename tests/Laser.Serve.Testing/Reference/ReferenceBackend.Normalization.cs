using Laser.Serve.Compute;

namespace Laser.Serve.Testing.Reference;

/// <content>Root-mean-square normalization and rotary position embedding.</content>
public sealed partial class ReferenceBackend
{
    /// <inheritdoc />
    public void RmsNorm(DeviceTensor input, int rows, DeviceTensor weight, float epsilon, DeviceTensor output)
    {
        ReferenceTensor source = Tensor(input, rows, input.Columns);
        ReferenceTensor destination = Tensor(output, rows, input.Columns);
        Span<float> scale = Tensor(weight, 1, input.Columns).Row(0);
        for (int row = 0; row < rows; row++)
        {
            Normalize(source.Row(row), scale, epsilon, destination.Row(row));
        }
    }

    /// <inheritdoc />
    public void HeadRmsNorm(
        DeviceTensor tensor, int rows, int firstColumn, int headCount, int headDim, DeviceTensor weight, float epsilon)
    {
        ReferenceTensor heads = Tensor(tensor, rows, tensor.Columns);
        Span<float> scale = Tensor(weight, 1, headDim).Row(0);
        for (int row = 0; row < rows; row++)
        {
            for (int head = 0; head < headCount; head++)
            {
                Span<float> x = heads.Row(row).Slice(firstColumn + (head * headDim), headDim);
                Normalize(x, scale, epsilon, x);
            }
        }
    }

    /// <inheritdoc />
    public void RotaryEmbed(ForwardBatch batch, DeviceTensor tensor, int headCount, int headDim, DeviceTensor table)
    {
        RequireCurrent(batch);
        ReferenceTensor heads = Tensor(tensor, batch.TokenCount, tensor.Columns);
        ReferenceTensor angles = Tensor(table, 0, table.Columns);
        int half = table.Columns / 2;
        Require(headCount * headDim <= tensor.Columns, $"{headCount} heads of {headDim} in {tensor.Columns} columns.");
        Require(2 * half <= headDim, $"Rotation of {2 * half} channels in heads of {headDim}.");
        for (int row = 0; row < batch.TokenCount; row++)
        {
            ReadOnlySpan<float> angle = angles.Row(batch.Positions[row]);
            for (int head = 0; head < headCount; head++)
            {
                Rotate(heads.Row(row).Slice(head * headDim, 2 * half), angle[..half], angle[half..]);
            }
        }
    }

    private static void Normalize(ReadOnlySpan<float> x, ReadOnlySpan<float> weight, float epsilon, Span<float> y)
    {
        double scale = 1 / Math.Sqrt((Dot(x, x) / x.Length) + epsilon);
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = (float)(x[i] * scale * weight[i]);
        }
    }

    private static void Rotate(Span<float> x, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin)
    {
        int half = cos.Length;
        for (int i = 0; i < half; i++)
        {
            double lower = x[i];
            double upper = x[i + half];
            x[i] = (float)((lower * cos[i]) - (upper * sin[i]));
            x[i + half] = (float)((upper * cos[i]) + (lower * sin[i]));
        }
    }
}
