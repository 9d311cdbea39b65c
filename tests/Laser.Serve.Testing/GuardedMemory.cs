namespace Laser.Serve.Testing;

/// <summary>
/// Memory with an inaccessible page right behind its last element (Linux): a kernel that reads or writes past the end
/// crashes the test instead of being lucky.
/// </summary>
public sealed unsafe class GuardedMemory<T> : IDisposable
    where T : unmanaged
{
    private readonly int _length;
    private readonly nuint _mapped;
    private byte* _start;

    /// <summary>Maps room for <paramref name="length"/> zeroed elements.</summary>
    public GuardedMemory(int length)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        nuint bytes = (nuint)length * (nuint)sizeof(T);
        nuint readable = (bytes + page - 1) / page * page;
        _length = length;
        _mapped = readable + page;
        _start = (byte*)GuardedMemoryPages.Map(_mapped);
        GuardedMemoryPages.Forbid(_start + readable, page);
        Pointer = (T*)(_start + readable - bytes);
    }

    /// <summary>First element; aligned as far as the length allows.</summary>
    public T* Pointer { get; }

    /// <summary>The elements.</summary>
    public Span<T> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_start is null, this);
            return new Span<T>(Pointer, _length);
        }
    }

    /// <summary>Unmaps the memory.</summary>
    public void Dispose()
    {
        if (_start is not null)
        {
            GuardedMemoryPages.Unmap(_start, _mapped);
            _start = null;
        }
    }
}
