using Laser.Serve.Cuda.Compilation;
using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Launching;
using Laser.Serve.Cuda.Memory;

namespace Laser.Serve.Cuda.Linear;

/// <summary>
/// Inputs of matrix products rounded to bf16, in memory that all products share one after the other. The kernel is in
/// <c>RoundRows.cu</c>.
/// </summary>
internal sealed class RoundedRows(KernelLibrary kernels, CudaDevice device) : IDisposable
{
    private const int Threads = 256;

    private readonly CudaKernel _kernel = kernels.Get("RoundRows.cu", "round_rows");
    private DeviceBuffer? _buffer;

    /// <summary>Bytes of device memory held.</summary>
    public long ByteSize => _buffer?.ByteCount ?? 0;

    /// <summary>Makes room for so many rows of so many numbers. Nothing that uses the room may be recorded or running.</summary>
    /// <exception cref="InsufficientMemoryException">The device has not that much left.</exception>
    public void Reserve(int rowCapacity, int inputs)
    {
        long bytes = checked((long)rowCapacity * CudaMatrix.StrideFor(inputs) * sizeof(ushort));
        if (bytes > ByteSize)
        {
            _buffer?.Dispose();
            _buffer = null;
            _buffer = new DeviceBuffer(device, bytes, "inputs of matrix products in bf16");
        }
    }

    /// <summary>Rounds the first rows of a tensor; where there is no room yet, what is recorded runs first.</summary>
    /// <returns>Address of the rows, <see cref="CudaMatrix.StrideFor"/> numbers from one to the next.</returns>
    public ulong Launch(LaunchQueue queue, CudaTensor input, int rows)
    {
        int stride = CudaMatrix.StrideFor(input.Columns);
        if ((long)rows * stride * sizeof(ushort) > ByteSize)
        {
            queue.Flush();
            device.Stream.Synchronize();
            Reserve(input.RowCapacity, input.Columns);
        }

        ulong target = _buffer!.Address;
        queue.Add(
            _kernel,
            (rows, 1, 1),
            Threads,
            0,
            input.Address,
            Argument.Of(input.Columns),
            Argument.Of(stride),
            target);
        return target;
    }

    /// <inheritdoc />
    public void Dispose() => _buffer?.Dispose();
}
