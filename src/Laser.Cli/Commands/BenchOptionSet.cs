using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Laser.Cli.Bench;
using Laser.Client;
using Laser.Serve.Simulation.Load;
using Laser.Serve.Simulation.Results;

namespace Laser.Cli.Commands;

/// <summary>The options of <c>laser bench</c>.</summary>
internal sealed class BenchOptionSet
{
    private const double MillisecondsPerSecond = 1000;
    private const int MostClients = 10_000;
    private const int MostSequences = 16;
    private const int MostRetries = 100;

    private static readonly double[] StandardClients = [1, 8, 32];

    private readonly ConnectionOptions _connection = new();
    private readonly LoadOptionSet _load = new(requestCount: 200, knowsEnd: false);

    private readonly Option<double[]> _rates = NumberList.Option(
        "Open loop: requests a second, such as 5,10,20, sent by the clock whatever becomes of those before them.",
        "--rates", "-r", "--rate");

    private readonly Option<double[]> _clients = NumberList.WholeOption(
        MostClients,
        "Closed loop: clients at one time, each of which sends when it has its answer (default: 1,8,32).",
        "--concurrency", "-c");

    private readonly Option<double?> _duration = new("--duration", "-d")
    {
        Description = "Seconds after which a level sends nothing more (default: --requests says when).",
    };

    private readonly Option<int> _warmUp = new("--warmup")
    {
        Description = "Requests before the first level that are not measured.",
        DefaultValueFactory = _ => 32,
    };

    private readonly Option<int> _sequences = new("--sequences")
    {
        Description = "Answers to each prompt.",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<float?> _temperature = new("--temperature", "-t")
    {
        Description = "0 takes the most likely token each time (default: the model's).",
    };

    private readonly Option<bool> _noText = new("--no-text") { Description = "Asks for token ids alone." };

    private readonly Option<int> _retries = new("--retries")
    {
        Description = "Times that a call which no server took is tried again, at another server where there are several "
            + "(default: 0, every failure counts).",
    };

    private readonly Option<double?> _timeout = new("--timeout")
    {
        Description = "Deadline of each call, in seconds (default: none).",
    };

    private readonly Option<double> _ttft = new("--slo-ttft")
    {
        Description = "Milliseconds to the first token that are still good.",
        DefaultValueFactory = _ => 500,
    };

    private readonly Option<double> _itl = new("--slo-itl")
    {
        Description = "Milliseconds from token to token, in the mean of a request, that are still good.",
        DefaultValueFactory = _ => 50,
    };

    private readonly Option<FileInfo?> _json = ResultFile.Option("--json", "Writes all figures to a file.");

    private readonly Option<FileInfo?> _svg = ResultFile.Option(
        "--svg", "Draws throughput, goodput, latency and how inter-token times spread to a file.");

    public void AddTo(Command command)
    {
        _connection.AddTo(command);
        command.Add(_rates);
        command.Add(_clients);
        command.Add(_duration);
        _load.AddTo(command);
        foreach (Option option in (Option[])
            [_warmUp, _sequences, _temperature, _noText, _retries, _timeout, _ttft, _itl, _json, _svg])
        {
            command.Add(option);
        }

        CheckValues(command);
    }

    public LaserClientOptions Connection(ParseResult result) => _connection.Read(result);

    /// <summary>The servers, with or without retries.</summary>
    public IGenerationTarget Target(ParseResult result, BenchSettings settings)
    {
        TimeSpan? timeout = Time(result.GetValue(_timeout));
        return settings.Retries > 0
            ? new RetryingTarget(Connection(result), settings.Retries, timeout)
            : new GenerationTarget(Connection(result), timeout);
    }

    public FileInfo? Json(ParseResult result) => result.GetValue(_json);

    public FileInfo? Svg(ParseResult result) => result.GetValue(_svg);

    public BenchSettings Read(ParseResult result)
    {
        LoadOptions load = _load.Read(result);
        TimeSpan? duration = Time(result.GetValue(_duration));
        return new BenchSettings
        {
            Levels = Levels(result.GetRequiredValue(_rates), result.GetRequiredValue(_clients)),
            Load = duration is null || _load.HasRequestCount(result) ? load : load with { RequestCount = int.MaxValue },
            Duration = duration,
            WarmUpCount = result.GetValue(_warmUp),
            SequenceCount = result.GetValue(_sequences),
            Temperature = result.GetValue(_temperature),
            Text = !result.GetValue(_noText),
            Retries = result.GetValue(_retries),
            Slo = new SloOptions
            {
                TtftSeconds = result.GetValue(_ttft) / MillisecondsPerSecond,
                ItlSeconds = result.GetValue(_itl) / MillisecondsPerSecond,
            },
        };
    }

    private static BenchLevel[] Levels(double[] rates, double[] clients) => rates.Length > 0
        ? [.. rates.Select(rate => new BenchLevel(LoadMode.Rate, rate))]
        : [.. (clients.Length > 0 ? clients : StandardClients).Select(n => new BenchLevel(LoadMode.Concurrency, n))];

    private static TimeSpan? Time(double? seconds) => seconds is double s ? TimeSpan.FromSeconds(s) : null;

    // What is no number at all has an error already.
    private static void Check<T>(Option option, Func<T, bool> isRight, string needs)
        where T : IParsable<T> =>
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: string text }]
                && T.TryParse(text, CultureInfo.InvariantCulture, out T? number) && !isRight(number))
            {
                result.AddError($"{option.Name} must be {needs}.");
            }
        });

    private static bool IsGiven(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };

    private void CheckValues(Command command)
    {
        Check<double>(_duration, seconds => seconds > 0, "above 0");
        Check<double>(_timeout, seconds => seconds > 0, "above 0");
        Check<int>(_retries, count => count is >= 0 and <= MostRetries, $"0 to {MostRetries}");
        Check<int>(_warmUp, count => count >= 0, "0 or more");
        Check<int>(_sequences, count => count is >= 1 and <= MostSequences, $"1 to {MostSequences}");
        Check<double>(_ttft, milliseconds => milliseconds > 0, "above 0");
        Check<double>(_itl, milliseconds => milliseconds > 0, "above 0");
        command.Validators.Add(result =>
        {
            if (IsGiven(result, _rates) && IsGiven(result, _clients))
            {
                result.AddError(
                    "--rates and --concurrency do not go together: requests come by the clock or by the answers.");
            }
        });
    }
}
