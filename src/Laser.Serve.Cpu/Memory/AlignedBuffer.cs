using System.Runtime.InteropServices;

namespace Laser.Serve.Cpu.Memory;

/// <summary>
/// Native memory outside the garbage collector. Large buffers stand on 2 MB boundaries and ask for huge pages, which
/// are worth 1.3 to 1.6 times the read bandwidth of 4 KB pages; small ones stand on cache lines.
/// </summary>
internal sealed unsafe class AlignedBuffer : IDisposable
{
    private const nuint HugePage = 2 << 20;
    private const nuint CacheLine = 64;

    private readonly MemoryBudget _budget;
    private byte* _pointer;

    /// <summary>Takes the memory; <paramref name="budget"/> has counted it already.</summary>
    public AlignedBuffer(MemoryBudget budget, long byteSize)
    {
        _budget = budget;
        ByteSize = byteSize;
        nuint alignment = (nuint)byteSize >= HugePage ? HugePage : CacheLine;
        nuint rounded = checked(((nuint)byteSize + alignment - 1) / alignment * alignment);
        _pointer = (byte*)NativeMemory.AlignedAlloc(Math.Max(rounded, alignment), alignment);
        if (alignment == HugePage)
        {
            HugePages.Advise(_pointer, rounded);
        }
    }

    /// <summary>Bytes asked for.</summary>
    public long ByteSize { get; }

    /// <summary>Start of the memory.</summary>
    public byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pointer == null, this);
            return _pointer;
        }
    }

    /// <summary>Sets every byte to zero.</summary>
    public void Clear() => NativeMemory.Clear(Pointer, (nuint)ByteSize);

    /// <inheritdoc />
    public void Dispose()
    {
        if (_pointer != null)
        {
            NativeMemory.AlignedFree(_pointer);
            _pointer = null;
            _budget.Return(ByteSize);
        }
    }
}
