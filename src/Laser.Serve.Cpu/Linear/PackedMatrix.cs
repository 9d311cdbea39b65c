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
    private readonly AlignedBuffer _buffer;

    /// <summary>Takes the memory; <see cref="PanelPacking"/> fills it.</summary>
    public PackedMatrix(MemoryBudget budget, WeightFormat format, int outputFeatures, int inputFeatures, string name)
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
        _buffer = budget.Allocate(checked(PanelBytes * PanelCount), name);
    }

    /// <summary>How the weights are kept.</summary>
    public WeightFormat Format { get; }

    /// <summary>Number of panels.</summary>
    public int PanelCount { get; }

    /// <summary>Bytes of one panel.</summary>
    public long PanelBytes { get; }

    /// <inheritdoc />
    public override long ByteSize => _buffer.ByteSize;

    /// <summary>Start of a panel.</summary>
    public byte* Panel(int panel) => _buffer.Pointer + (panel * PanelBytes);

    /// <inheritdoc />
    public override void Dispose() => _buffer.Dispose();
}
