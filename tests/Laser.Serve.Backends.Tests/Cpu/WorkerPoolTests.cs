using Laser.Serve.Compute.Threading;

namespace Laser.Serve.Backends.Tests.Cpu;

public class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Run_ManyTimes_EveryItemOnce(int threads)
    {
        using WorkerPool pool = new(threads);
        for (int round = 0; round < 3000; round++)
        {
            // Jobs that find the workers awake, and some that find them asleep.
            if (round % 100 == 80)
            {
                Thread.Sleep(2);
            }

            CountingJob job = new(round % 17);
            pool.Run(job, job.Counts.Length);
            Assert.All(job.Counts, count => Assert.Equal(1, count));
        }
    }

    [Fact]
    public void Run_SeveralThreads_WorkTogether()
    {
        using WorkerPool pool = new(4);

        // Items wait for each other: only as many threads at once can pass.
        MeetingJob job = new(4);
        pool.Run(job, 4);
        Assert.Equal([0, 1, 2, 3], job.Workers.Order());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Run_ItemThrows_CallerGetsItAndPoolGoesOn(int threads)
    {
        using WorkerPool pool = new(threads);
        for (int round = 0; round < 200; round++)
        {
            ThrowingJob bad = new(round % 40);
            InvalidDataException exception = Assert.Throws<InvalidDataException>(() => pool.Run(bad, 40));
            Assert.Equal($"item {round % 40}", exception.Message);

            CountingJob good = new(20);
            pool.Run(good, 20);
            Assert.All(good.Counts, count => Assert.Equal(1, count));
        }
    }

    [Fact]
    public void Dispose_ThreadsAsleepOrAwake_EndsThem()
    {
        new WorkerPool(3).Dispose();
        WorkerPool awake = new(3);
        awake.Run(new CountingJob(10), 10);
        awake.Dispose();
        Assert.Throws<ObjectDisposedException>(() => awake.Run(new CountingJob(10), 10));
    }

    private sealed class CountingJob(int items) : ParallelJob
    {
        public int[] Counts { get; } = new int[items];

        public override void Run(int item, int worker) => Interlocked.Increment(ref Counts[item]);
    }

    private sealed class MeetingJob(int participants) : ParallelJob, IDisposable
    {
        private readonly Barrier _barrier = new(participants);

        public int[] Workers { get; } = new int[participants];

        public override void Run(int item, int worker)
        {
            Workers[item] = worker;
            _barrier.SignalAndWait();
        }

        public void Dispose() => _barrier.Dispose();
    }

    private sealed class ThrowingJob(int bad) : ParallelJob
    {
        public override void Run(int item, int worker)
        {
            if (item == bad)
            {
                throw new InvalidDataException($"item {item}");
            }
        }
    }
}
