using System.Runtime.CompilerServices;

namespace Laser.Cli.Bench;

/// <summary>All levels of a bench, one after the other.</summary>
/// <param name="settings">What is sent.</param>
/// <param name="generate">What it is sent to.</param>
/// <param name="time">The clock.</param>
internal sealed class BenchRun(BenchSettings settings, GenerateCall generate, TimeProvider time)
{
    private const int MostWarmUpClients = 32;

    private readonly Caller _caller = new(generate, settings.SequenceCount, time);

    // Prefixes are shared within a level and nowhere else.
    private readonly string _salt = Guid.NewGuid().ToString("N");

    /// <summary>Says that a level begins.</summary>
    public event Action<BenchLevel, LevelTally>? LevelStarting;

    /// <summary>Warms up and runs the levels, until it is interrupted.</summary>
    /// <param name="interrupted">Ends the level that runs with what there is, and takes no other.</param>
    public async IAsyncEnumerable<LevelResult> RunAsync(
        [EnumeratorCancellation] CancellationToken interrupted = default)
    {
        await WarmUpAsync(interrupted).ConfigureAwait(false);
        for (int i = 0; i < settings.Levels.Count && !interrupted.IsCancellationRequested; i++)
        {
            var builder = new RequestBuilder(settings, $"{_salt}-{i}");
            var runner = new LevelRunner(settings.Levels[i], settings, _caller, builder, time);
            LevelStarting?.Invoke(settings.Levels[i], runner.Tally);
            yield return await runner.RunAsync(interrupted).ConfigureAwait(false);
        }
    }

    private async Task WarmUpAsync(CancellationToken interrupted)
    {
        if (settings.WarmUpCount == 0)
        {
            return;
        }

        BenchSettings warmUp = settings with
        {
            Duration = null,
            Load = settings.Load with { RequestCount = settings.WarmUpCount, CancelShare = 0 },
        };
        var level = new BenchLevel(LoadMode.Concurrency, Math.Min(settings.WarmUpCount, MostWarmUpClients));
        var builder = new RequestBuilder(warmUp, $"{_salt}-warm-up");
        await new LevelRunner(level, warmUp, _caller, builder, time).RunAsync(interrupted).ConfigureAwait(false);
    }
}
