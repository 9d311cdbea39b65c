using Laser.Cli.Bench;
using Spectre.Console;

namespace Laser.Cli.Commands;

/// <summary>A line on the standard error while a level runs; nothing where that is no terminal.</summary>
internal sealed class BenchProgress
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private volatile string _name = "warm-up";
    private volatile LevelTally? _tally;

    public void Started(BenchLevel level, LevelTally tally)
    {
        _name = level.ToString();
        _tally = tally;
    }

    /// <summary>Shows the line until <paramref name="running"/> ends.</summary>
    /// <returns>What that gives.</returns>
    public async Task<T> ShowAsync<T>(Task<T> running)
    {
        if (Console.IsErrorRedirected)
        {
            return await running;
        }

        await StandardError.Console.Status().StartAsync(_name, async context =>
        {
            while (await Task.WhenAny(running, Task.Delay(Interval)) != running)
            {
                (long ended, long inFlight) = _tally?.Counts ?? default;
                context.Status($"{_name}: {ended} ended, {inFlight} under way");
            }
        });
        return await running;
    }
}
