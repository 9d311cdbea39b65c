using Laser.Serve.Compute;
using Laser.Serve.Cpu.Memory;
using Laser.Serve.Cpu.Storage;

namespace Laser.Serve.Cpu.Linear;

/// <summary>
/// A weight matrix in panels: bf16 where the checkpoint is bf16, else fp32; both hold the checkpoint's numbers exactly.
/// </summary>
internal sealed unsafe class PackedMatrix : DeviceMatrix
{
    private readonly AlignedBuffer _buffer;

    /// <summary>Takes the memory; <see cref="PanelPacking"/> fills it.</summary>
    public PackedMatrix(MemoryBudget budget, DataType type, int outputFeatures, int inputFeatures, string name)
        : base(outputFeatures, inputFeatures)
    {
        Type = type;
        long pairStride = type == DataType.BFloat16
            ? BFloat16Pairs.PairStride(PanelLayout.RowBytes)
            : SinglePairs.PairStride(PanelLayout.RowBytes);
        PanelBytes = checked(PanelLayout.PanelBytes(inputFeatures, pairStride));
        PanelCount = PanelLayout.PanelCount(outputFeatures);
        _buffer = budget.Allocate(checked(PanelBytes * PanelCount), name);
    }

    /// <summary>Storage type: <see cref="DataType.BFloat16"/> or <see cref="DataType.Float32"/>.</summary>
    public DataType Type { get; }

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
