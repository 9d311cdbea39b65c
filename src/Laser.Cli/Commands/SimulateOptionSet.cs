using System.CommandLine;
using Laser.Serve.Engine;
using Laser.Serve.Simulation.Costs;
using Laser.Serve.Simulation.Load;
using Laser.Serve.Simulation.Results;
using Laser.Serve.Simulation.Running;

namespace Laser.Cli.Commands;

/// <summary>The options of <c>laser simulate</c>.</summary>
internal sealed class SimulateOptionSet
{
    private const double MillisecondsPerSecond = 1000;

    private readonly LoadOptionSet _load = new(requestCount: 10_000, knowsEnd: true);
    private readonly EngineOptionSet _engine = new();

    private readonly Option<FileInfo> _cost = new("--cost")
    {
        Description = "File of step costs; --fit writes it, everything else reads it.",
        DefaultValueFactory = _ => new FileInfo("cost.json"),
    };

    private readonly Option<bool> _fit = new("--fit") { Description = "Measures steps of a model on this machine." };

    private readonly Option<bool> _check = new("--check")
    {
        Description = "Runs the load on a model of this machine as well, in real time, and compares.",
    };

    private readonly Option<DirectoryInfo?> _model = new("--model", "-m")
    {
        Description = "Folder of the checkpoint for --fit and --check (default: the bundled model).",
    };

    private readonly Option<double[]> _rates = NumberList.Option(
        "Requests a second, such as 5,10,20 (default: from 0.25 to 1.5 times what can be served).", "--rates", "-r");

    private readonly Option<int> _replicas = new("--replicas")
    {
        Description = "Servers that share the load.",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<Routing> _routing = new("--routing")
    {
        Description = "How: RoundRobin, LeastRequests or PrefixAffinity.",
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

    private readonly Option<FileInfo?> _svg = ResultFile.Option("--svg", "Draws throughput and latency to a file.");

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_cost, _fit, _check, _model, _rates])
        {
            command.Add(option);
        }

        _load.AddTo(command);
        _engine.AddTo(command);
        foreach (Option option in (Option[])[_replicas, _routing, _ttft, _itl, _json, _svg])
        {
            command.Add(option);
        }
    }

    public FileInfo CostFile(ParseResult result) => result.GetRequiredValue(_cost);

    public bool Fits(ParseResult result) => result.GetValue(_fit);

    public bool Checks(ParseResult result) => result.GetValue(_check);

    public DirectoryInfo? Model(ParseResult result) => result.GetValue(_model);

    public double[] Rates(ParseResult result) => result.GetRequiredValue(_rates);

    public FileInfo? Json(ParseResult result) => result.GetValue(_json);

    public FileInfo? Svg(ParseResult result) => result.GetValue(_svg);

    public EngineOptions Engine(ParseResult result) => _engine.Read(result);

    public LoadOptions Load(ParseResult result) => _load.Read(result);

    public SimulationOptions Read(ParseResult result, CostFile file) => new()
    {
        Replica = _engine.Read(result, file),
        ReplicaCount = result.GetValue(_replicas),
        Routing = result.GetValue(_routing),
        Load = _load.Read(result),
        Slo = new SloOptions
        {
            TtftSeconds = result.GetValue(_ttft) / MillisecondsPerSecond,
            ItlSeconds = result.GetValue(_itl) / MillisecondsPerSecond,
        },
    };
}
