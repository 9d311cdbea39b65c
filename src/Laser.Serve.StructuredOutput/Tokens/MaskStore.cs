namespace Laser.Serve.StructuredOutput.Tokens;

/// <summary>
/// Bounds the memory of all masks together: the oldest is let go for a new one. Whoever still reads a mask keeps it
/// alive. Thread-safe; the lock is never held while a mask is made.
/// </summary>
internal sealed class MaskStore(long maxBytes)
{
    private readonly Lock _lock = new();
    private readonly Queue<(ulong[]?[] Masks, int State)> _order = [];
    private long _bytes;

    /// <summary>Memory of the masks that are kept.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                return _bytes;
            }
        }
    }

    /// <summary>Keeps a mask, unless another thread has been faster.</summary>
    /// <returns>The one that is kept.</returns>
    public ulong[] Add(ulong[]?[] masks, int state, ulong[] mask)
    {
        lock (_lock)
        {
            if (masks[state] is ulong[] present)
            {
                return present;
            }

            Volatile.Write(ref masks[state], mask);
            _order.Enqueue((masks, state));
            _bytes += SizeOf(mask);
            while (_bytes > maxBytes && _order.TryDequeue(out (ulong[]?[] Masks, int State) oldest))
            {
                _bytes -= SizeOf(oldest.Masks[oldest.State]!);
                oldest.Masks[oldest.State] = null;
            }

            return mask;
        }
    }

    private static long SizeOf(ulong[] mask) => sizeof(ulong) * (long)mask.Length;
}
