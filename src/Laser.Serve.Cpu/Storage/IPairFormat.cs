using System.Runtime.Intrinsics;
using Laser.Serve.Compute;

namespace Laser.Serve.Cpu.Storage;

/// <summary>
/// How numbers lie in weights and cache pages. Everything that is multiplied is kept as pairs of rows, a row being one
/// step k of the sum and its lanes being outputs, so that a kernel takes two steps per load and needs no horizontal
/// sums:
/// <code>
///   bf16: one word per lane, row 2i in its lower half and row 2i+1 in its upper half
///   fp32: row 2i, then row 2i+1
/// </code>
/// A row takes <c>rowBytes = 4 * lanes</c> in fp32; in bf16 that is the size of a pair. Implementations are empty
/// structs, so that a kernel generic over them is compiled for each as if written by hand.
/// </summary>
internal unsafe interface IPairFormat
{
    /// <summary>The element type.</summary>
    static abstract DataType Type { get; }

    /// <summary>Bytes from one pair of rows to the next.</summary>
    static abstract nint PairStride(nint rowBytes);

    /// <summary>16 lanes of the first row of a pair, widened.</summary>
    static abstract Vector512<float> LoadEven(byte* pair);

    /// <summary>16 lanes of the second row of a pair, widened.</summary>
    static abstract Vector512<float> LoadOdd(byte* pair, nint rowBytes);

    /// <summary>Rounds to the nearest number of the type, ties to even; NaN stays NaN.</summary>
    static abstract Vector512<float> Round(Vector512<float> value);

    /// <summary>Writes 16 lanes of the first row of a pair; <paramref name="value"/> is a number of the type.</summary>
    static abstract void StoreEven(byte* pair, Vector512<float> value);

    /// <summary>
    /// Writes 16 lanes of the second row of a pair; <paramref name="value"/> is a number of the type.
    /// </summary>
    static abstract void StoreOdd(byte* pair, nint rowBytes, Vector512<float> value);

    /// <summary>Writes one lane of both rows of a pair of 16 lanes; the values are numbers of the type.</summary>
    static abstract void StoreLane(byte* pair, int lane, float even, float odd);

    /// <summary>
    /// Multiplies 16 lanes of both rows by <c>2^-bits</c>. Exact: the caller knows that the results are normal numbers.
    /// </summary>
    static abstract void ScaleDown(byte* pair, nint rowBytes, Vector512<int> bits);
}
