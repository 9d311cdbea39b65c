using Laser.Serve.Compute;
using Laser.Serve.Cpu.Memory;
using Laser.Serve.Cpu.Storage;

namespace Laser.Serve.Cpu.Linear;

/// <summary>
/// A weight matrix in panels: bf16 where the checkpoint is bf16, else fp32; both hold the checkpoint's numbers exactly.
/// Or 8-bit integers near them.
/// </summary>
internal sealed unsafe class PackedMatrix : DeviceMatrix
{
    private readonly AlignedBuffer? _buffer;
    private byte* _start;

    /// <summary>Takes the memory; <see cref="PanelPacking"/> fills it.</summary>
    public PackedMatrix(MemoryBudget budget, WeightFormat format, int outputFeatures, int inputFeatures, string name)
        : this(format, outputFeatures, inputFeatures, null)
    {
        _buffer = budget.Allocate(ByteSize, name);
        _start = _buffer.Pointer;
    }

    /// <summary>A matrix that lies in memory of the caller's.</summary>
    public PackedMatrix(WeightFormat format, int outputFeatures, int inputFeatures, byte* start)
        : base(outputFeatures, inputFeatures)
    {
        Format = format;
        PanelBytes = format switch
        {
            WeightFormat.Int8 => GroupLayout.PanelBytes(inputFeatures),
            WeightFormat.BFloat16 =>
                PanelLayout.PanelBytes(inputFeatures, BFloat16Pairs.PairStride(PanelLayout.RowBytes)),
            _ => PanelLayout.PanelBytes(inputFeatures, SinglePairs.PairStride(PanelLayout.RowBytes)),
        };
        PanelCount = PanelLayout.PanelCount(outputFeatures);
        ByteSize = checked(PanelBytes * PanelCount);
        _start = start;
    }

    /// <summary>How the weights are kept.</summary>
    public WeightFormat Format { get; }

    /// <summary>Number of panels.</summary>
    public int PanelCount { get; }

    /// <summary>Bytes of one panel.</summary>
    public long PanelBytes { get; }

    /// <inheritdoc />
    public override long ByteSize { get; }

    /// <summary>Start of a panel.</summary>
    public byte* Panel(int panel)
    {
        ObjectDisposedException.ThrowIf(_start == null, this);
        return _start + (panel * PanelBytes);
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        _start = null;
        _buffer?.Dispose();
    }
}
