namespace Laser.Serve.Benchmarks.Overhead;

/// <summary>Processor time of another process's threads, by what they do (Linux).</summary>
/// <param name="Computing">Ticks of the engine's thread and those that compute with it: sampling is among it.</param>
/// <param name="Serving">Ticks of all others: text, gRPC, sockets, collection of garbage.</param>
internal readonly record struct ThreadTimes(long Computing, long Serving)
{
    // utime and stime of /proc/PID/task/TID/stat, counted behind the name, which may have spaces in it.
    private const int UserTime = 11;
    private const int SystemTime = 12;

    private static readonly string[] ComputingNames = ["engine", "compute "];

    /// <summary>Times up to now.</summary>
    public static ThreadTimes Of(int process)
    {
        (long computing, long serving) = (0, 0);
        foreach (string task in Directory.GetDirectories($"/proc/{process}/task"))
        {
            string stat = File.ReadAllText(Path.Combine(task, "stat"));
            int nameEnd = stat.LastIndexOf(')');
            string name = stat[(stat.IndexOf('(', StringComparison.Ordinal) + 1)..nameEnd];
            string[] fields = stat[(nameEnd + 2)..].Split(' ');
            long ticks = long.Parse(fields[UserTime], null) + long.Parse(fields[SystemTime], null);
            if (Array.Exists(ComputingNames, one => name.StartsWith(one, StringComparison.Ordinal)))
            {
                computing += ticks;
            }
            else
            {
                serving += ticks;
            }
        }

        return new ThreadTimes(computing, serving);
    }

    /// <summary>Part of the time since an earlier look that went into serving.</summary>
    public double ServingShareSince(ThreadTimes earlier) =>
        (double)(Serving - earlier.Serving) / (Serving - earlier.Serving + Computing - earlier.Computing);
}
