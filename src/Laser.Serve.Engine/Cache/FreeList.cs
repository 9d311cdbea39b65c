namespace Laser.Serve.Engine.Cache;

/// <summary>
/// The ids <c>0 .. capacity - 1</c> that nobody has. The one returned last is taken first: its memory is still warm.
/// </summary>
internal sealed class FreeList
{
    private readonly int[] _ids;

    public FreeList(int capacity)
    {
        _ids = new int[capacity];
        for (int i = 0; i < capacity; i++)
        {
            _ids[i] = capacity - 1 - i;
        }

        Count = capacity;
    }

    public int Capacity => _ids.Length;

    public int Count { get; private set; }

    /// <summary>Takes an id; <see cref="Count"/> must not be zero.</summary>
    public int Take() => _ids[--Count];

    public void Return(int id) => _ids[Count++] = id;
}
