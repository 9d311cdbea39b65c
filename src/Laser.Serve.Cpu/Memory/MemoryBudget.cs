namespace Laser.Serve.Cpu.Memory;

/// <summary>
/// Hands out native memory and counts it, so that what the machine cannot hold is refused before it is taken.
/// </summary>
internal sealed class MemoryBudget
{
    private readonly long _limit;
    private long _taken;

    /// <summary>Allows <paramref name="limit"/> bytes in all.</summary>
    public MemoryBudget(long limit)
    {
        _limit = limit;
    }

    /// <summary>Bytes handed out and not yet returned.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>Allows what the process can have: the memory of the machine or of its container.</summary>
    public static MemoryBudget ForProcess() => new(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);

    /// <summary>
    /// Takes memory, uninitialised and aligned to 64 bytes or better; the buffer returns it when disposed.
    /// </summary>
    /// <param name="byteSize">Size in bytes, computed with overflow checks.</param>
    /// <param name="purpose">What it is for, in words for the error.</param>
    /// <exception cref="InsufficientMemoryException">The budget or the system has not that much left.</exception>
    public AlignedBuffer Allocate(long byteSize, string purpose)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteSize);
        long taken = Interlocked.Add(ref _taken, byteSize);
        if (taken < 0 || taken > _limit)
        {
            Interlocked.Add(ref _taken, -byteSize);
            throw new InsufficientMemoryException(
                $"{purpose}: {byteSize} bytes do not fit; {taken - byteSize} of {_limit} bytes are already in use.");
        }

        try
        {
            return new AlignedBuffer(this, byteSize);
        }
        catch (OutOfMemoryException exception)
        {
            Interlocked.Add(ref _taken, -byteSize);
            throw new InsufficientMemoryException($"{purpose}: the system refused {byteSize} bytes.", exception);
        }
    }

    /// <summary>Gives bytes back to the count.</summary>
    public void Return(long byteSize) => Interlocked.Add(ref _taken, -byteSize);
}
