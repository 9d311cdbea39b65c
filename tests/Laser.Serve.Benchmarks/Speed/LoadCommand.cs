using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Laser.Serve.Hosting;

namespace Laser.Serve.Benchmarks.Speed;

/// <summary>
/// <c>load</c>: how long a server takes from its start until it serves, and the most memory it had until then, each time
/// in a process of its own. The checkpoint is read once before, so that it comes from the system's cache of files.
/// </summary>
internal static class LoadCommand
{
    private const double Mebibyte = 1 << 20;

    // What is neither weights nor loading: a cache as small as serves.
    private const int CacheMebibytes = 64;

    public static Command Create()
    {
        var model = new Option<DirectoryInfo>("--model") { Description = "Checkpoint folder.", Required = true };
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 5 };
        var command = new Command("load", "Time and memory of loading a checkpoint.") { model, rounds };
        command.SetAction(result => RunAsync(result.GetRequiredValue(model), result.GetRequiredValue(rounds)));
        return command;
    }

    private static async Task RunAsync(DirectoryInfo folder, int rounds)
    {
        long stored = await ReadAsync(folder);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            {DateTime.Now:yyyy-MM-dd}, {Machine.Processor}, {Environment.ProcessorCount} processors.
            Checkpoint of {stored / Mebibyte:0} MiB, cache of {CacheMebibytes} MiB, medians of {rounds} starts (least to most).

            | weights | packed, MiB | ready after, s | weights loaded in, s | peak memory, MiB | over packed weights and cache |
            |---|---:|---:|---:|---:|---:|
            """));
        DirectoryInfo packed = Directory.CreateTempSubdirectory("packed-weights-");
        foreach (string weights in (string[])["auto", "int8"])
        {
            string[] arguments =
            [
                "--model", folder.FullName, "--weights", weights,
                $"--{ServerOptions.Section}:Engine:KvCacheMebibytes={CacheMebibytes}",
            ];
            await MeasureAsync(weights, arguments, rounds);
            arguments = [.. arguments, $"--{ServerOptions.Section}:Model:PackedWeights={packed.FullName}"];
            await MeasureAsync($"{weights}, and written to a file", arguments, rounds: 1);
            await MeasureAsync($"{weights}, mapped from it", arguments, rounds);
        }

        packed.Delete(recursive: true);
    }

    private static async Task MeasureAsync(string name, string[] arguments, int rounds)
    {
        (List<double> ready, List<double> loading, List<double> peak) = ([], [], []);
        double packed = 0;
        for (int round = 0; round < rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            await using ServerProcess server = await ServerProcess.StartAsync(arguments);
            ready.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            peak.Add(server.PeakResidentBytes / Mebibyte);
            using var http = new HttpClient();
            string metrics = await http.GetStringAsync(new Uri(server.Http, "metrics"));
            packed = Value(metrics, "laser_model_weights_bytes") / Mebibyte;
            loading.Add(Value(metrics, """laser_startup_seconds{phase="weights"}"""));
        }

        double ratio = Figures.Median(peak) / (packed + CacheMebibytes);
        Console.WriteLine(
            $"| {name} | {Figures.Text(packed, "0")} | {Figures.Spread(ready, "0.0")} | {Figures.Spread(loading, "0.0")} "
            + $"| {Figures.Spread(peak, "0")} | {Figures.Text(ratio, "0.00")} |");
    }

    private static async Task<long> ReadAsync(DirectoryInfo folder)
    {
        long bytes = 0;
        foreach (FileInfo file in folder.EnumerateFiles("*.safetensors"))
        {
            await using FileStream stream = file.OpenRead();
            await stream.CopyToAsync(Stream.Null);
            bytes += stream.Length;
        }

        return bytes;
    }

    private static double Value(string metrics, string series)
    {
        string line = metrics.Split('\n').Single(line => line.StartsWith($"{series} ", StringComparison.Ordinal));
        return double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture);
    }
}
