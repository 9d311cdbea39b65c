namespace Laser.Serve.Compute.Threading;

/// <summary>Work that comes from outside of the backend.</summary>
internal sealed class HostJob : ParallelJob
{
    private IHostWork? _work;

    /// <summary>Does it.</summary>
    public void Apply(WorkerPool pool, IHostWork work, int itemCount)
    {
        _work = work;
        pool.Run(this, itemCount);
        _work = null;
    }

    /// <inheritdoc />
    public override void Run(int item, int worker) => _work!.Run(item, worker);
}
