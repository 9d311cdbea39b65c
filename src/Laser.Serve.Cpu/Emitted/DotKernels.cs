using System.Diagnostics;
using Laser.Serve.Cpu.Linear;

namespace Laser.Serve.Cpu.Emitted;

/// <summary>
/// Matrix product tiles that multiply pairs of bf16 numbers with <c>vdpbf16ps</c>, for which .NET has no intrinsic:
/// machine code written at run time, one kernel per number of rows.
/// <code>
///   y[row, lane] += sum over pairs of x[row, pair] . w[pair, lane]      64 lanes, the layout of PanelLayout
/// </code>
/// Every output is one chain over ascending pairs, whatever the number of rows. The instruction takes denormal numbers
/// for zero, in and out, and rounds to nearest. Kernels are leaves: no stack, no calls, no unwind data; they read and
/// write exactly what their arguments say.
/// </summary>
internal sealed unsafe class DotKernels
{
    /// <summary>Most rows of a tile.</summary>
    public const int MostRows = 6; // 24 registers of sums, 4 of weights, 2 of inputs: two are left

    private const int Vectors = PanelLayout.Outputs / 16;

    // System V: rdi x, rsi panel, rdx bytes from row to row of x, rcx pairs, r8 y, r9 bytes from row to row of y.
    private readonly delegate* unmanaged<byte*, byte*, nint, nint, float*, nint, void>[] _kernels;

    /// <summary>Takes the places of the kernels within <paramref name="code"/>, by rows from 1 on.</summary>
    private DotKernels(byte* code, int[] offsets)
    {
        _kernels = new delegate* unmanaged<byte*, byte*, nint, nint, float*, nint, void>[offsets.Length + 1];
        for (int i = 0; i < offsets.Length; i++)
        {
            _kernels[i + 1] = (delegate* unmanaged<byte*, byte*, nint, nint, float*, nint, void>)(code + offsets[i]);
        }
    }

    /// <summary>Makes code callable, or gives null.</summary>
    public delegate byte* Mapping(ReadOnlySpan<byte> code);

    /// <summary>Writes all kernels into one region; null where it cannot be made executable.</summary>
    public static DotKernels? Create(Mapping map)
    {
        KernelAssembler code = new();
        int[] offsets = new int[MostRows];
        for (int rows = 1; rows <= MostRows; rows++)
        {
            offsets[rows - 1] = code.Position;
            Emit(code, rows);
        }

        byte* start = map(code.Code);
        return start == null ? null : new DotKernels(start, offsets);
    }

    /// <summary>Adds the products of some pairs to a tile of 64 columns.</summary>
    /// <param name="rows">1 to <see cref="MostRows"/>.</param>
    /// <param name="x">bf16 numbers of the first row, from the first pair on.</param>
    /// <param name="xStride">Bytes from one row to the next.</param>
    /// <param name="panel">The panel, from the first pair on.</param>
    /// <param name="pairs">How many, at least one.</param>
    /// <param name="y">Sums, 64 per row.</param>
    /// <param name="yStride">Bytes from one row to the next.</param>
    public void Multiply(int rows, byte* x, nint xStride, byte* panel, nint pairs, float* y, nint yStride)
    {
        Debug.Assert(pairs > 0 && rows is > 0 and <= MostRows, "sizes of a tile");
        _kernels[rows](x, panel, xStride, pairs, y, yStride);
    }

    private static void Emit(KernelAssembler code, int rows)
    {
        int weights = rows * Vectors;
        int input = weights + Vectors;

        // rax: three rows of x. r10: its fifth row.
        code.Move(Register.Rax, Register.Rdx);
        code.Add(Register.Rax, Register.Rdx);
        code.Add(Register.Rax, Register.Rdx);
        code.Move(Register.R10, Register.Rdi);
        code.Add(Register.R10, Register.Rax);
        code.Add(Register.R10, Register.Rdx);
        code.Move(Register.R11, Register.R8);
        Sums(code.Load, Register.R11);
        int top = code.Position;
        for (int i = 0; i < Vectors; i++)
        {
            code.Load(weights + i, Register.Rsi, i);
        }

        for (int row = 0; row < rows; row++)
        {
            // Two registers in turn, so that a row need not wait for the one before.
            int x = input + (row & 1);
            Register? index = (row & 3) switch { 0 => null, 3 => Register.Rax, _ => Register.Rdx };
            code.Broadcast(x, row < 4 ? Register.Rdi : Register.R10, index, scale: (row & 3) == 2 ? 2 : 1);
            for (int i = 0; i < Vectors; i++)
            {
                code.Dot((row * Vectors) + i, weights + i, x);
            }
        }

        code.Add(Register.Rsi, PanelLayout.RowBytes);
        code.Add(Register.Rdi, sizeof(uint));
        code.Add(Register.R10, sizeof(uint));
        code.Loop(Register.Rcx, top);
        Sums(code.Store, Register.R8);
        code.Return();

        void Sums(Action<int, Register, int> move, Register place)
        {
            for (int i = 0; i < rows * Vectors; i++)
            {
                move(i, place, i % Vectors);
                if (i % Vectors == Vectors - 1)
                {
                    code.Add(place, Register.R9);
                }
            }
        }
    }
}
