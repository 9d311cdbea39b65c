using Laser.Serve.Model.Loading;
using Spectre.Console;

namespace Laser.Cli.Commands;

/// <summary>A progress bar on the standard error while a model loads; a plain line where that is no terminal.</summary>
internal sealed class LoadProgressDisplay : IProgress<LoadProgress>
{
    // Of the latest report, in percent.
    private double _percent;

    public void Report(LoadProgress value) =>
        Volatile.Write(ref _percent, 100.0 * value.BytesDone / Math.Max(1, value.BytesTotal));

    /// <summary>Shows progress until <paramref name="loading"/> ends; throws what it throws.</summary>
    public async Task ShowAsync(Task loading)
    {
        if (Console.IsErrorRedirected)
        {
            await Console.Error.WriteLineAsync("Loading the model ...");
            await loading;
            return;
        }

        await StandardError.Console.Progress().AutoClear(true).StartAsync(async context =>
        {
            ProgressTask bar = context.AddTask("Loading the model");
            while (await Task.WhenAny(loading, Task.Delay(50)) != loading)
            {
                bar.Value = Volatile.Read(ref _percent);
            }
        });
        await loading;
    }
}
