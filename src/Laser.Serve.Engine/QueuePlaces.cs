namespace Laser.Serve.Engine;

/// <summary>
/// Bounds the requests that wait: whoever brings one takes a place, the engine gives it back when the request leaves
/// the queue.
/// </summary>
internal sealed class QueuePlaces(int capacity)
{
    private int _taken;

    public int TakenCount => Volatile.Read(ref _taken);

    public bool TryTake()
    {
        int taken = Volatile.Read(ref _taken);
        while (taken < capacity)
        {
            int seen = Interlocked.CompareExchange(ref _taken, taken + 1, taken);
            if (seen == taken)
            {
                return true;
            }

            taken = seen;
        }

        return false;
    }

    public void Return(int count) => Interlocked.Add(ref _taken, -count);
}
