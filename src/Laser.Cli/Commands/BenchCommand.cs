using System.CommandLine;
using System.Reflection;
using System.Security.Cryptography;
using Grpc.Core;
using Laser.Cli.Bench;
using Laser.Cli.Charts;
using Laser.Client;
using Laser.Serve.Simulation.Load;

namespace Laser.Cli.Commands;

/// <summary><c>laser bench --rates R,R,R</c>: puts a server under load and measures what its clients see.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        var command = new Command(
            "bench", "Puts a running server under load and measures latency, throughput and goodput.");
        var options = new BenchOptionSet();
        options.AddTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            TextWriter error = result.InvocationConfiguration.Error;
            try
            {
                return await RunAsync(options, result, cancellationToken);
            }
            catch (RpcException e)
            {
                await error.WriteLineAsync($"{StatusName.Of(e.StatusCode)}: {e.Status.Detail}");
                return 1;
            }
            catch (OperationCanceledException)
            {
                return StreamedText.CancelledExitCode;
            }
            catch (Exception e) when (e is ArgumentException or InvalidDataException or CryptographicException
                or IOException or UnauthorizedAccessException)
            {
                await error.WriteLineAsync(e.Message);
                return 1;
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(
        BenchOptionSet options, ParseResult result, CancellationToken cancellationToken)
    {
        BenchSettings settings = options.Read(result);
        LaserClientOptions connection = options.Connection(result);
        using IGenerationTarget target = options.Target(result, settings);
        ServerDescription server = await DescribeAsync(settings, connection, cancellationToken);
        TextWriter output = result.InvocationConfiguration.Output;
        PrintHeading(output, settings, server);

        DateTimeOffset started = TimeProvider.System.GetUtcNow();
        List<LevelResult> levels = await MeasureAsync(output, settings, target, cancellationToken);
        if (levels.Count == 0)
        {
            return StreamedText.CancelledExitCode;
        }

        output.WriteLine();
        BenchTable.WriteLatencies(output, levels);
        foreach (string note in levels.SelectMany(BenchNotes.Of))
        {
            await result.InvocationConfiguration.Error.WriteLineAsync(note);
        }

        var report = new BenchReport
        {
            Started = started,
            ClientVersion = Assembly.GetExecutingAssembly().GetName().Version?.ToString(3) ?? "",
            ClientProcessors = Environment.ProcessorCount,
            Server = server,
            Settings = ReportSettings.Of(settings),
            Levels = levels,
        };
        await ResultFile.WriteAsync(options.Json(result), report.ToJson);
        await ResultFile.WriteAsync(options.Svg(result), () => ChartPage.Draw(BenchCharts.Of(levels)) + "\n");
        return levels.Exists(level => level.Finished > 0) ? 0 : 1;
    }

    private static async Task<ServerDescription> DescribeAsync(
        BenchSettings settings, LaserClientOptions connection, CancellationToken cancellationToken)
    {
        if (settings.Load.FindErrors() is [string error, ..])
        {
            throw new ArgumentException(error);
        }

        using var client = new LaserClient(connection);
        ServerDescription server = await ServerDescription.GetAsync(client, connection.Addresses, cancellationToken);
        return server.VocabularySize >= RequestTrace.VocabularySize
            ? server
            : throw new ArgumentException(
                $"Prompts take {RequestTrace.VocabularySize} tokens; {server.Model} has {server.VocabularySize}.");
    }

    private static void PrintHeading(TextWriter output, BenchSettings settings, ServerDescription server)
    {
        LoadOptions load = settings.Load;
        string most = load.RequestCount < int.MaxValue ? $"{load.RequestCount} requests" : "requests";
        string until = settings.Duration is TimeSpan duration ? $" within {duration.TotalSeconds:0.##} s" : "";
        string arrivals = settings.Levels[0].Mode == LoadMode.Rate ? $", arrivals {load.Arrivals}" : "";
        output.WriteLine(
            $"{server.Model} ({server.AttentionVariant}, {server.ParameterCount / 1e6:0.0} M parameters, "
            + $"{server.WeightType}) on {server.Device}; server {server.Version}");
        output.WriteLine(
            $"{most}{until} a level; prompts {load.PromptLength}, answers {load.OutputLength}{arrivals}; times in ms");
        output.WriteLine(
            $"good: first token within {settings.Slo.TtftSeconds * 1000:0.##} ms, "
            + $"then {settings.Slo.ItlSeconds * 1000:0.##} ms a token in the mean");
        output.WriteLine();
    }

    private static async Task<List<LevelResult>> MeasureAsync(
        TextWriter output, BenchSettings settings, IGenerationTarget target, CancellationToken cancellationToken)
    {
        var run = new BenchRun(settings, target.GenerateAsync, TimeProvider.System);
        var progress = new BenchProgress();
        run.LevelStarting += progress.Started;
        ResultTable<LevelResult> table = BenchTable.Create(output, settings.Levels[0].Mode);
        List<LevelResult> levels = [];
        await using IAsyncEnumerator<LevelResult> results =
            run.RunAsync(cancellationToken).GetAsyncEnumerator(CancellationToken.None);
        while (await progress.ShowAsync(results.MoveNextAsync().AsTask()))
        {
            levels.Add(results.Current);
            table.Add(results.Current);
        }

        return levels;
    }
}
