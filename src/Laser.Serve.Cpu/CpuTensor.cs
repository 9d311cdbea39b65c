using Laser.Serve.Compute;
using Laser.Serve.Cpu.Memory;

namespace Laser.Serve.Cpu;

/// <summary>fp32 activations in native memory, rows one behind the other.</summary>
internal sealed unsafe class CpuTensor : DeviceTensor
{
    private readonly AlignedBuffer _buffer;

    /// <summary>Takes the memory, uninitialised.</summary>
    public CpuTensor(MemoryBudget budget, int rowCapacity, int columns)
        : base(rowCapacity, columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rowCapacity);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        _buffer = budget.Allocate(
            checked((long)rowCapacity * columns * sizeof(float)), $"tensor of {rowCapacity} x {columns}");
    }

    /// <summary>First value of a row.</summary>
    public float* Row(int row) => (float*)_buffer.Pointer + ((long)row * Columns);

    /// <summary>A row as a span.</summary>
    public Span<float> Span(int row) => new(Row(row), Columns);

    /// <inheritdoc />
    public override void Dispose() => _buffer.Dispose();
}
