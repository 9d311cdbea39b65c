using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Laser.Serve.Compute.Threading;

/// <summary>
/// The caller and <c>ThreadCount - 1</c> worker threads that deal the items of one job at a time among themselves by
/// tickets.
/// <para>
/// A worker joins a job only while it is open: when the items are gone the caller closes it and waits for those inside,
/// so that a worker that sleeps or was preempted outside a job delays nobody. Behind a job workers watch for the next one
/// for some microseconds before they sleep.
/// </para>
/// </summary>
internal sealed class WorkerPool : IDisposable
{
    // Long enough to bridge the short serial operations between two parallel ones, short enough to leave the processor
    // to others.
    private const int SpinRounds = 1500;

    // The state word: generation of the job above, then one bit "open", then the workers inside.
    private const long Generation = 1L << 32;
    private const long Open = 1L << 31;
    private const long Inside = Open - 1;

    private readonly Thread[] _threads;
    private readonly object _bed = new();
    private ParallelJob? _job;
    private int _itemCount;
    private ExceptionDispatchInfo? _failure;
    private PaddedCounters _shared;
    private int _sleepers;
    private volatile bool _stopping;

    /// <summary>Starts the threads.</summary>
    public WorkerPool(int threadCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threadCount, 1);
        ThreadCount = threadCount;
        _threads = new Thread[threadCount - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            int worker = i + 1;
            _threads[i] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"compute {worker}" };
            _threads[i].Start();
        }
    }

    /// <summary>Threads that compute, the caller included.</summary>
    public int ThreadCount { get; }

    /// <summary>Runs a job on the calling thread alone: for work too small to share.</summary>
    public static void RunAlone(ParallelJob job, int itemCount)
    {
        for (int item = 0; item < itemCount; item++)
        {
            job.Run(item, 0);
        }
    }

    /// <summary>
    /// Runs all items and returns when all are done. One caller at a time. The first exception of an item is thrown
    /// here.
    /// </summary>
    public void Run(ParallelJob job, int itemCount)
    {
        if (_threads.Length == 0 || itemCount <= 1)
        {
            RunAlone(job, itemCount);
            return;
        }

        ObjectDisposedException.ThrowIf(_stopping, this);
        Debug.Assert(_job == null, "one job at a time");
        _job = job;
        _itemCount = itemCount;
        _failure = null;
        Volatile.Write(ref _shared.Ticket, 0);
        Interlocked.Exchange(ref _shared.State, ((_shared.State & ~(Generation - 1)) + Generation) | Open);
        Wake();
        TakeItems(0);
        Close();
        _job = null;
        _failure?.Throw();
    }

    /// <summary>Ends the threads and waits for them.</summary>
    public void Dispose()
    {
        _stopping = true;
        lock (_bed)
        {
            Monitor.PulseAll(_bed);
        }

        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
    }

    private void Wake()
    {
        if (Volatile.Read(ref _sleepers) > 0)
        {
            lock (_bed)
            {
                Monitor.PulseAll(_bed);
            }
        }
    }

    private void Close()
    {
        Interlocked.And(ref _shared.State, ~Open);
        SpinWait wait = default;
        while ((Volatile.Read(ref _shared.State) & Inside) != 0)
        {
            wait.SpinOnce(sleep1Threshold: -1);
        }
    }

    private void Work(int worker)
    {
        long last = 0;
        while (true)
        {
            long state = WaitForJob(last);
            if (_stopping)
            {
                return;
            }

            // Someone else's entry or the caller's closing may come between: look again, the generation is not yet
            // marked as seen.
            if (Interlocked.CompareExchange(ref _shared.State, state + 1, state) == state)
            {
                last = state & ~(Generation - 1);
                TakeItems(worker);
                Interlocked.Decrement(ref _shared.State);
            }
        }
    }

    // Returns a state with an open job of another generation than the last one, or any state once the pool stops.
    private long WaitForJob(long last)
    {
        while (true)
        {
            for (int round = 0; round < SpinRounds; round++)
            {
                long state = Volatile.Read(ref _shared.State);
                if (_stopping || IsNews(state, last))
                {
                    return state;
                }

                Thread.SpinWait(1);
            }

            Sleep(last);
        }
    }

    private void Sleep(long last)
    {
        lock (_bed)
        {
            // Full fence before the last look: either this thread sees the new job or the caller sees a sleeper.
            Interlocked.Increment(ref _sleepers);
            while (!_stopping && !IsNews(Volatile.Read(ref _shared.State), last))
            {
                Monitor.Wait(_bed);
            }

            Interlocked.Decrement(ref _sleepers);
        }
    }

    private static bool IsNews(long state, long last) => (state & Open) != 0 && (state & ~(Generation - 1)) != last;

    private void TakeItems(int worker)
    {
        try
        {
            ParallelJob job = _job!;
            int count = _itemCount;
            for (int item; (item = Interlocked.Increment(ref _shared.Ticket) - 1) < count;)
            {
                job.Run(item, worker);
            }
        }
        catch (Exception exception)
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(exception), null);
            Volatile.Write(ref _shared.Ticket, _itemCount);
        }
    }
}
