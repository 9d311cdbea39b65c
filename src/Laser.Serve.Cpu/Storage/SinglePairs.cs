using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Laser.Serve.Compute;

namespace Laser.Serve.Cpu.Storage;

/// <summary>fp32: the rows of a pair one behind the other.</summary>
internal readonly unsafe struct SinglePairs : IPairFormat
{
    private const int Lanes = 16;

    public static DataType Type => DataType.Float32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint PairStride(nint rowBytes) => 2 * rowBytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadEven(byte* pair) => Vector512.Load((float*)pair);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadOdd(byte* pair, nint rowBytes) => Vector512.Load((float*)(pair + rowBytes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Round(Vector512<float> value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreEven(byte* pair, Vector512<float> value) => value.Store((float*)pair);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreOdd(byte* pair, nint rowBytes, Vector512<float> value) =>
        value.Store((float*)(pair + rowBytes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreLane(byte* pair, int lane, float even, float odd)
    {
        ((float*)pair)[lane] = even;
        ((float*)pair)[Lanes + lane] = odd;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ScaleDown(byte* pair, nint rowBytes, Vector512<int> bits)
    {
        Vector512<int> step = Vector512.ShiftLeft(bits, 23);
        (Vector512.Load((int*)pair) - step).Store((int*)pair);
        (Vector512.Load((int*)(pair + rowBytes)) - step).Store((int*)(pair + rowBytes));
    }
}
