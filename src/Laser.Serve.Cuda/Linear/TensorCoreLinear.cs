using Laser.Serve.Cuda.Compilation;
using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Launching;
using Laser.Serve.Cuda.Memory;

namespace Laser.Serve.Cuda.Linear;

/// <summary>
/// Matrix products of bf16 weights and of inputs rounded to bf16, on tensor cores. With few rows everything hangs on
/// reading the weights (<c>LinearMma.cu</c>), with many on keeping the tensor cores fed (<c>LinearMmaTiled.cu</c>); both
/// add in one order, so which one computes a row does not change its bits.
/// </summary>
internal sealed class TensorCoreLinear : IDisposable
{
    /// <summary>Most rows that are few; the largest kernel for few rows takes them in two passes over the weights.</summary>
    public const int MostFewRows = 128;

    /// <summary>Most rows for the smaller tiles: what more rows lose in blocks, they have in rows.</summary>
    public const int MostSmallTileRows = 512;

    private const int StepNumbers = 64;
    private const int Stages = 3;
    private const int OutputsPerBlock = 16;
    private const int MostWarps = 8;

    private readonly CudaDevice _device;
    private readonly RoundedRows _rounded;
    private readonly (CudaKernel Kernel, int Rows)[] _fewRows;
    private readonly (CudaKernel Kernel, int Tile, int Threads) _smallTiles;
    private readonly (CudaKernel Kernel, int Tile, int Threads) _largeTiles;

    /// <summary>Compiles the kernels.</summary>
    public TensorCoreLinear(KernelLibrary kernels, CudaDevice device)
    {
        _device = device;
        _rounded = new RoundedRows(kernels, device);
        _fewRows = [.. ((int[])[8, 16, 32, 64]).Select(rows => (kernels.Get("LinearMma.cu", $"linear_mma_{rows}"), rows))];
        _smallTiles = (kernels.Get("LinearMmaTiled.cu", "linear_mma_tiled_64"), 64, 128);
        _largeTiles = (kernels.Get("LinearMmaTiled.cu", "linear_mma_tiled_128"), 128, 256);
        _smallTiles.Kernel.ReserveSharedMemory(TileBytes(_smallTiles.Tile));
        _largeTiles.Kernel.ReserveSharedMemory(TileBytes(_largeTiles.Tile));
    }

    /// <summary>Bytes of device memory held.</summary>
    public long ByteSize => _rounded.ByteSize;

    /// <inheritdoc cref="RoundedRows.Reserve" />
    public void Reserve(int rowCapacity, int inputs) => _rounded.Reserve(rowCapacity, inputs);

    /// <summary>Multiplies the first <paramref name="rows"/> rows, at least one.</summary>
    public void Launch(
        LaunchQueue queue, CudaTensor input, int rows, CudaMatrix weight, CudaTensor? bias, CudaTensor output)
    {
        int kind = 0;
        while (kind < _fewRows.Length - 1 && rows > _fewRows[kind].Rows)
        {
            kind++;
        }

        (CudaKernel kernel, int tileRows) = _fewRows[kind];
        int segments = LinearOperation.SegmentsOf(weight.InputFeatures);
        long sharedBytes = (long)segments * tileRows * OutputsPerBlock * sizeof(float);
        if (rows > MostFewRows || sharedBytes > _device.MaxSharedBytes)
        {
            LaunchTiled(queue, input, rows, weight, bias, output);
            return;
        }

        // Up to 8 rows are rounded by the kernel: rounding them once saves less than a launch costs.
        bool roundsItself = kind == 0;
        kernel.ReserveSharedMemory((int)sharedBytes);
        queue.Add(
            kernel,
            (Blocks(rows, tileRows, weight, OutputsPerBlock), 1, 1),
            32 * Math.Min(segments, MostWarps),
            (int)sharedBytes,
            roundsItself ? input.Address : _rounded.Launch(queue, input, rows),
            Argument.Of(rows),
            Argument.Of(weight.InputFeatures),
            weight.Address,
            Argument.Of(weight.Stride),
            Argument.Of(weight.OutputFeatures),
            bias?.Address ?? 0,
            output.Address);
    }

    /// <inheritdoc />
    public void Dispose() => _rounded.Dispose();

    private static int TileBytes(int tile) => Stages * 2 * tile * StepNumbers * sizeof(ushort);

    private static int Blocks(int rows, int tileRows, CudaMatrix weight, int tileOutputs) =>
        checked(((rows + tileRows - 1) / tileRows) * ((weight.OutputFeatures + tileOutputs - 1) / tileOutputs));

    private void LaunchTiled(
        LaunchQueue queue, CudaTensor input, int rows, CudaMatrix weight, CudaTensor? bias, CudaTensor output)
    {
        (CudaKernel kernel, int tile, int threads) = rows <= MostSmallTileRows ? _smallTiles : _largeTiles;
        ulong rounded = _rounded.Launch(queue, input, rows);
        queue.Add(
            kernel,
            (Blocks(rows, tile, weight, tile), 1, 1),
            threads,
            TileBytes(tile),
            rounded,
            Argument.Of(rows),
            weight.Address,
            Argument.Of(weight.Stride),
            Argument.Of(weight.OutputFeatures),
            bias?.Address ?? 0,
            output.Address);
    }
}
