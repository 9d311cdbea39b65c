using System.Runtime.InteropServices;

namespace Laser.Serve.Benchmarks.Kernels;

/// <summary>Processor time of the calling thread: what others take of a shared machine is not in it. Linux only.</summary>
internal sealed partial class ThreadCpuTime : TimeProvider
{
    private const int ThreadCpuClock = 3; // CLOCK_THREAD_CPUTIME_ID

    public override long TimestampFrequency => 1_000_000_000;

    public override long GetTimestamp()
    {
        _ = clock_gettime(ThreadCpuClock, out TimeSpec time);
        return (time.Seconds * TimestampFrequency) + time.Nanoseconds;
    }

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, out TimeSpec time);

    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
