using Laser.Cli.Bench;

namespace Laser.Cli.Commands;

/// <summary>What a reader must know of figures before they are believed.</summary>
internal static class BenchNotes
{
    // Of all processors of this machine: beyond it, calls wait for the client.
    private const double BusyClient = 0.5;

    /// <summary>A sentence for each thing.</summary>
    public static IEnumerable<string> Of(LevelResult level)
    {
        string name = new BenchLevel(level.Mode, level.Value).ToString();
        foreach ((string status, FailureCount failure) in level.Failures)
        {
            yield return $"{name}: {failure.Count} of {level.Requests} requests failed with {status}: "
                + failure.Example;
        }

        if (level.Short > 0)
        {
            yield return $"{name}: {level.Short} answers had fewer tokens than were asked for.";
        }

        if (level.Late > 0)
        {
            yield return $"{name}: {level.Late} of {level.Requests} requests were sent more than 10 ms late, up to "
                + $"{level.Lateness.Max * 1000:0} ms. Times count from when they should have been sent, so they are "
                + "partly this machine's.";
        }

        double used = level.Seconds > 0 ? level.ClientProcessorSeconds / level.Seconds : 0;
        if (used > BusyClient * Environment.ProcessorCount)
        {
            yield return $"{name}: this program used {used:0.0} of {Environment.ProcessorCount} processors; it may be "
                + "what limits the figures.";
        }

        if (level.Interrupted)
        {
            yield return $"{name}: stopped after {level.Seconds:0.0} s with {level.Unfinished} requests under way.";
        }
    }
}
