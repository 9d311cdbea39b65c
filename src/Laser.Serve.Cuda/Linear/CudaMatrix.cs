using Laser.Serve.Compute;
using Laser.Serve.Compute.Numerics;
using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Memory;

namespace Laser.Serve.Cuda.Linear;

/// <summary>
/// A weight matrix on the device, row-major; a row is padded with zeros, so that lanes read whole vectors:
/// <code>
///   weight [outputs][stride]     and for int8, behind them, fp32 scale [outputs][stride / 64]
/// </code>
/// The checkpoint's numbers exactly, or 8-bit integers near them.
/// </summary>
internal sealed class CudaMatrix : DeviceMatrix
{
    private readonly DeviceBuffer _buffer;

    /// <summary>Takes the memory; <see cref="MatrixWriter"/> fills it.</summary>
    /// <exception cref="InsufficientMemoryException">The device has not that much left.</exception>
    public CudaMatrix(CudaDevice device, WeightFormat format, int outputFeatures, int inputFeatures, string name)
        : base(outputFeatures, inputFeatures)
    {
        Format = format;
        Stride = StrideFor(inputFeatures);
        RowBytes = checked(Stride * format.ByteSize());
        ScalesPerRow = format == WeightFormat.Int8 ? Stride / QuantizedGroup.Size : 0;
        long bytes = checked(outputFeatures * (RowBytes + ((long)ScalesPerRow * sizeof(float))));
        _buffer = new DeviceBuffer(device, bytes, $"{name}, {outputFeatures} x {inputFeatures}");
    }

    /// <summary>How the weights are kept.</summary>
    public WeightFormat Format { get; }

    /// <summary>Weights from one row to the next, see <see cref="StrideFor"/>.</summary>
    public int Stride { get; }

    /// <summary>Bytes from one row to the next.</summary>
    public int RowBytes { get; }

    /// <summary>Scales of a row: none, but for int8.</summary>
    public int ScalesPerRow { get; }

    /// <summary>The first weight.</summary>
    public ulong Address => _buffer.Address;

    /// <summary>The first scale; meaningful for int8 only.</summary>
    public ulong ScaleAddress => _buffer.Address + (ulong)ScaleOffset;

    /// <inheritdoc />
    public override long ByteSize => _buffer.ByteCount;

    private long ScaleOffset => (long)OutputFeatures * RowBytes;

    /// <summary>
    /// Numbers that a row of so many takes with its padding: whole groups, which are whole vectors and whole steps of a
    /// kernel.
    /// </summary>
    public static int StrideFor(int inputFeatures) =>
        checked(QuantizedGroup.CountFor(inputFeatures) * QuantizedGroup.Size);

    /// <summary>Copies whole rows to the device.</summary>
    public void Upload(int firstRow, ReadOnlySpan<byte> rows, ReadOnlySpan<float> scales)
    {
        _buffer.Upload(rows, (long)firstRow * RowBytes);
        if (!scales.IsEmpty)
        {
            _buffer.Upload(scales, ScaleOffset + ((long)firstRow * ScalesPerRow * sizeof(float)));
        }
    }

    /// <inheritdoc />
    public override void Dispose() => _buffer.Dispose();
}
