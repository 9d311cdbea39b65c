namespace Laser.Serve.Compute.Threading;

/// <summary>
/// Work that falls into independent items. Jobs are made once and their fields set before each run, so that running one
/// allocates nothing.
/// </summary>
internal abstract class ParallelJob
{
    /// <summary>Does one item.</summary>
    /// <param name="item">Which one, from 0.</param>
    /// <param name="worker">The thread it runs on, from 0 (the caller): selects scratch memory, never a result.</param>
    public abstract void Run(int item, int worker);
}
