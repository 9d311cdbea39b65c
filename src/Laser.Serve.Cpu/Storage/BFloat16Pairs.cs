using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Laser.Serve.Compute;

namespace Laser.Serve.Cpu.Storage;

/// <summary>bf16: the upper half of a binary32, two rows to a word.</summary>
internal readonly unsafe struct BFloat16Pairs : IPairFormat
{
    private const uint UpperHalf = 0xFFFF0000;

    public static DataType Type => DataType.BFloat16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint PairStride(nint rowBytes) => rowBytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadEven(byte* pair) =>
        Vector512.ShiftLeft(Vector512.Load((uint*)pair), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadOdd(byte* pair, nint rowBytes) =>
        (Vector512.Load((uint*)pair) & Vector512.Create(UpperHalf)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Round(Vector512<float> value)
    {
        Vector512<uint> bits = value.AsUInt32();
        Vector512<uint> lowestKept = Vector512.ShiftRightLogical(bits, 16) & Vector512<uint>.One;
        Vector512<float> rounded =
            ((bits + Vector512.Create(0x7FFFu) + lowestKept) & Vector512.Create(UpperHalf)).AsSingle();
        return Vector512.ConditionalSelect(Vector512.Equals(value, value), rounded, value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreEven(byte* pair, Vector512<float> value) =>
        Vector512.ShiftRightLogical(value.AsUInt32(), 16).Store((uint*)pair);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreOdd(byte* pair, nint rowBytes, Vector512<float> value)
    {
        Vector512<uint> even = Vector512.AndNot(Vector512.Load((uint*)pair), Vector512.Create(UpperHalf));
        (even | value.AsUInt32()).Store((uint*)pair);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreLane(byte* pair, int lane, float even, float odd) =>
        ((uint*)pair)[lane] =
            (BitConverter.SingleToUInt32Bits(odd) & UpperHalf) | (BitConverter.SingleToUInt32Bits(even) >> 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ScaleDown(byte* pair, nint rowBytes, Vector512<int> bits)
    {
        // Both exponents at once. An upper half that is not written yet may turn to nonsense; it is overwritten, never
        // read.
        Vector512<int> step = Vector512.ShiftLeft(bits, 7) + Vector512.ShiftLeft(bits, 23);
        (Vector512.Load((int*)pair) - step).Store((int*)pair);
    }
}
