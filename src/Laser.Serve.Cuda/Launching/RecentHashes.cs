namespace Laser.Serve.Cuda.Launching;

/// <summary>
/// Hashes of the lists that ran last without a graph. A hash that two lists share makes a graph one step early, and
/// nothing worse.
/// </summary>
internal sealed class RecentHashes
{
    /// <summary>Lists that are remembered.</summary>
    public const int Capacity = 256;

    private readonly ulong[] _hashes = new ulong[Capacity];
    private int _count;
    private int _next;

    /// <summary>Whether a list was here before; from now on it was.</summary>
    public bool Contains(ulong hash)
    {
        if (_hashes.AsSpan(0, _count).Contains(hash))
        {
            return true;
        }

        _hashes[_next] = hash;
        _next = (_next + 1) % Capacity;
        _count = Math.Max(_count, _next == 0 ? Capacity : _next);
        return false;
    }
}
