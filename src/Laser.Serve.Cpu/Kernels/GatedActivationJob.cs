using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Numerics;
using Laser.Serve.Compute.Threading;
using Laser.Serve.Cpu.Threading;

namespace Laser.Serve.Cpu.Kernels;

/// <summary>
/// Gated feed-forward: <c>output[i] = f(gateUp[i]) * gateUp[i + n]</c> for n columns of output, with
/// <code>
///   Silu:      f(x) = x / (1 + exp(-x))
///   Gelu:      f(x) = x/2 * (1 + erf(x / sqrt 2))
///   GeluTanh:  f(x) = x/2 * (1 + tanh(z)) = x / (1 + exp(-2z)),  z = sqrt(2/pi) * (x + 0.044715 x^3)
/// </code>
/// Lanes are columns; the last columns go through a vector padded with zeros. One row per task.
/// </summary>
internal sealed unsafe class GatedActivationJob : RowJob
{
    private const int Lanes = 16;

    private CpuTensor _gateUp = null!;
    private CpuTensor _output = null!;
    private Activation _activation;

    /// <summary>Activates the first <paramref name="rows"/> rows.</summary>
    public void Apply(WorkerPool pool, CpuTensor gateUp, int rows, Activation activation, CpuTensor output)
    {
        if (!Enum.IsDefined(activation))
        {
            throw new ArgumentOutOfRangeException(nameof(activation));
        }

        _gateUp = gateUp;
        _activation = activation;
        _output = output;
        RunRows(pool, rows, 4 * output.Columns);
    }

    /// <inheritdoc />
    protected override void RunRow(int row)
    {
        float* gate = _gateUp.Row(row);
        float* up = gate + _output.Columns;
        float* output = _output.Row(row);
        switch (_activation)
        {
            case Activation.Silu:
                ApplyRow<Silu>(gate, up, output, _output.Columns);
                break;
            case Activation.Gelu:
                ApplyRow<Gelu>(gate, up, output, _output.Columns);
                break;
            default:
                ApplyRow<GeluTanh>(gate, up, output, _output.Columns);
                break;
        }
    }

    private static void ApplyRow<T>(float* gate, float* up, float* output, int columns)
        where T : struct, IGate
    {
        int i = 0;
        for (; i <= columns - Lanes; i += Lanes)
        {
            (T.Apply(Vector512.Load(gate + i)) * Vector512.Load(up + i)).Store(output + i);
        }

        if (i < columns)
        {
            float* tail = stackalloc float[Lanes];
            int rest = columns - i;
            new Span<float>(tail, Lanes).Clear();
            new Span<float>(gate + i, rest).CopyTo(new Span<float>(tail, rest));
            T.Apply(Vector512.Load(tail)).Store(tail);
            for (int j = 0; j < rest; j++)
            {
                output[i + j] = tail[j] * up[i + j];
            }
        }
    }

    private interface IGate
    {
        static abstract Vector512<float> Apply(Vector512<float> x);
    }

    private readonly struct Silu : IGate
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Apply(Vector512<float> x) => x / (Vector512<float>.One + VectorMath.Exp(-x));
    }

    private readonly struct Gelu : IGate
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Apply(Vector512<float> x)
        {
            Vector512<float> half = x * Vector512.Create(0.5f);
            return Vector512.FusedMultiplyAdd(half, VectorMath.Erf(x * Vector512.Create(0.70710678f)), half);
        }
    }

    private readonly struct GeluTanh : IGate
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Apply(Vector512<float> x)
        {
            Vector512<float> cube = x * x * x;
            Vector512<float> z = Vector512.FusedMultiplyAdd(cube, Vector512.Create(0.044715f), x);
            return x / (Vector512<float>.One + VectorMath.Exp(z * Vector512.Create(-1.59576912f)));
        }
    }
}
