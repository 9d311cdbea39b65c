using Laser.Serve.Compute;

namespace Laser.Serve.Testing.Reference;

/// <content>Gated activation.</content>
public sealed partial class ReferenceBackend
{
    /// <inheritdoc />
    public void GatedActivate(DeviceTensor gateUp, int rows, Activation activation, DeviceTensor output)
    {
        int columns = output.Columns;
        ReferenceTensor source = Tensor(gateUp, rows, 2 * columns);
        ReferenceTensor destination = Tensor(output, rows, columns);
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < columns; i++)
            {
                double gate = Activate(activation, source.Row(row)[i]);
                destination.Row(row)[i] = (float)(gate * source.Row(row)[i + columns]);
            }
        }
    }

    private static double Activate(Activation activation, double x) => activation switch
    {
        Activation.Silu => x / (1 + Math.Exp(-x)),
        Activation.Gelu => x / 2 * ErrorFunction.Complement(-x / Math.Sqrt(2)),
        Activation.GeluTanh => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
        _ => throw new ArgumentOutOfRangeException(nameof(activation)),
    };
}
