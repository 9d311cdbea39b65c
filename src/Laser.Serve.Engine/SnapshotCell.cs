namespace Laser.Serve.Engine;

/// <summary>
/// The newest <see cref="EngineSnapshot"/>, written by the engine thread and read by anybody. The writer never waits
/// and allocates nothing; a reader who was overtaken by a write (the version changed, or was odd) reads again.
/// </summary>
internal sealed class SnapshotCell
{
    private EngineSnapshot _snapshot;
    private int _version;

    public void Write(in EngineSnapshot snapshot)
    {
        _version++;
        Interlocked.MemoryBarrier();
        _snapshot = snapshot;
        Volatile.Write(ref _version, _version + 1);
    }

    public EngineSnapshot Read()
    {
        while (true)
        {
            int before = Volatile.Read(ref _version);
            EngineSnapshot snapshot = _snapshot;
            Interlocked.MemoryBarrier();
            if (before % 2 == 0 && before == Volatile.Read(ref _version))
            {
                return snapshot;
            }

            Thread.Yield();
        }
    }
}
