using Laser.Serve.Cuda.Compilation;
using Laser.Serve.Cuda.Launching;
using Laser.Serve.Cuda.Memory;

namespace Laser.Serve.Cuda.Linear;

/// <summary>
/// Matrix products by fused multiply-adds, inputs and weights exactly as they are. The kernels are in
/// <c>LinearFma.cu</c>; which one computes a row, and with how many warps, does not change its bits.
/// </summary>
internal sealed class FusedLinear(KernelLibrary kernels)
{
    private const int Warps = 8;
    private const int Threads = 32 * Warps;
    private const int OutputsPerWarp = 4;
    private const int MostSharedBytes = 48 * 1024;

    // Kernels compute so many rows at a time.
    private static readonly int[] RowTiles = [1, 4, 8];

    private readonly CudaKernel[]?[] _kernels = new CudaKernel[]?[Enum.GetValues<WeightFormat>().Length];

    /// <summary>Compiles what matrices of a format need.</summary>
    public void Prepare(WeightFormat format) => _ = KernelsFor(format);

    /// <summary>Multiplies the first <paramref name="rows"/> rows, at least one.</summary>
    public void Launch(
        LaunchQueue queue, CudaTensor input, int rows, CudaMatrix weight, CudaTensor? bias, CudaTensor output)
    {
        int kind = rows == 1 ? 0 : rows <= RowTiles[1] ? 1 : 2;
        int tileRows = RowTiles[kind];
        int segments = LinearOperation.SegmentsOf(weight.InputFeatures);
        int sharers = rows <= tileRows ? Sharers(segments, tileRows) : 1;
        int outputsPerBlock = Warps / sharers * OutputsPerWarp;
        int blocks = checked(
            ((rows + tileRows - 1) / tileRows) * ((weight.OutputFeatures + outputsPerBlock - 1) / outputsPerBlock));
        queue.Add(
            KernelsFor(weight.Format)[kind],
            (blocks, 1, 1),
            Threads,
            sharers == 1 ? 0 : (int)SharedBytes(sharers, segments, tileRows),
            input.Address,
            Argument.Of(rows),
            Argument.Of(weight.InputFeatures),
            weight.Address,
            weight.ScaleAddress,
            Argument.Of(weight.Stride),
            Argument.Of(weight.OutputFeatures),
            bias?.Address ?? 0,
            output.Address,
            Argument.Of(sharers));
    }

    // With few rows, warps share the segments of an output: there are more reads under way. With many rows there are
    // enough of them anyway.
    private static int Sharers(int segments, int tileRows)
    {
        int sharers = 1;
        while (2 * sharers <= Math.Min(segments, Warps))
        {
            sharers *= 2;
        }

        return SharedBytes(sharers, segments, tileRows) <= MostSharedBytes ? sharers : 1;
    }

    private static long SharedBytes(int sharers, int segments, int tileRows) =>
        (long)(Warps / sharers) * segments * tileRows * OutputsPerWarp * sizeof(float);

    private CudaKernel[] KernelsFor(WeightFormat format) => _kernels[(int)format] ??= Compile(format);

    private CudaKernel[] Compile(WeightFormat format) =>
        [.. RowTiles.Select(rows => kernels.Get("LinearFma.cu", $"linear_fma_{rows}", $"WEIGHT={(int)format}"))];
}
