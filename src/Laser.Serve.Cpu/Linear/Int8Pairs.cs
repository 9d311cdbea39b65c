using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Laser.Serve.Cpu.Linear;

/// <summary>Products of pairs of whole numbers, 16 lanes of two, exact in all three variants.</summary>
internal static unsafe class Int8Pairs
{
    /// <summary>Widens 16 pairs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<short> Load(byte* pairs)
    {
        if (Avx512BW.IsSupported)
        {
            return Avx512BW.ConvertToVector512Int16(Vector256.Load((sbyte*)pairs));
        }

        if (Avx2.IsSupported)
        {
            return Vector512.Create(
                Avx2.ConvertToVector256Int16(Vector128.Load((sbyte*)pairs)),
                Avx2.ConvertToVector256Int16(Vector128.Load((sbyte*)pairs + 16)));
        }

        (Vector256<short> lower, Vector256<short> upper) = Vector256.Widen(Vector256.Load((sbyte*)pairs));
        return Vector512.Create(lower, upper);
    }

    /// <summary>The sum of the two products of each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Dot(Vector512<short> w, Vector512<short> x)
    {
        if (Avx512BW.IsSupported)
        {
            return Avx512BW.MultiplyAddAdjacent(w, x);
        }

        if (Avx2.IsSupported)
        {
            return Vector512.Create(
                Avx2.MultiplyAddAdjacent(w.GetLower(), x.GetLower()),
                Avx2.MultiplyAddAdjacent(w.GetUpper(), x.GetUpper()));
        }

        return (Even(w) * Even(x)) + (Odd(w) * Odd(x));
    }

    private static Vector512<int> Even(Vector512<short> pairs) =>
        Vector512.ShiftRightArithmetic(Vector512.ShiftLeft(pairs.AsInt32(), 16), 16);

    private static Vector512<int> Odd(Vector512<short> pairs) => Vector512.ShiftRightArithmetic(pairs.AsInt32(), 16);
}
