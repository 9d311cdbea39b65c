using System.CommandLine;
using System.Text.Json;
using Laser.Cli.Charts;
using Laser.Serve.Engine;
using Laser.Serve.Model.Checkpoints;
using Laser.Serve.Simulation.Costs;
using Laser.Serve.Simulation.Results;
using Laser.Serve.Simulation.Running;
using Laser.Serve.Tokenization;

namespace Laser.Cli.Commands;

/// <summary>
/// <c>laser simulate --cost FILE --rates R R R</c>: the engine in simulated time, under a load that is made up.
/// </summary>
internal static class SimulateCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    // Of what can be served: from a quiet server to one that is hopelessly late.
    private static readonly double[] RateSteps = [0.25, 0.5, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5];

    public static Command Create()
    {
        var command = new Command(
            "simulate", "Runs the engine in simulated time, to compare limits and plan capacity.");
        var options = new SimulateOptionSet();
        options.AddTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            try
            {
                Task run = (options.Fits(result), options.Checks(result)) switch
                {
                    (true, true) => throw new ArgumentException("--fit and --check do not go together."),
                    (true, _) => SimulationOnModel.FitAsync(options, result, cancellationToken),
                    (_, true) => SimulationOnModel.CheckAsync(
                        options, result, ReadCost(options, result), cancellationToken),
                    _ => RunAsync(options, result, cancellationToken),
                };
                await run;
                return 0;
            }
            catch (OperationCanceledException)
            {
                return StreamedText.CancelledExitCode;
            }
            catch (Exception e) when (e is ArgumentException or InvalidDataException or IOException
                or UnauthorizedAccessException or InsufficientMemoryException or EngineException
                or CheckpointException or TokenizerException)
            {
                await Console.Error.WriteLineAsync(e.Message);
                return 1;
            }
        });
        return command;
    }

    private static CostFile ReadCost(SimulateOptionSet options, ParseResult result)
    {
        FileInfo file = options.CostFile(result);
        return file.Exists
            ? CostFile.Load(file.FullName)
            : throw new ArgumentException($"There is no file {file}; laser simulate --fit --cost {file} makes it.");
    }

    private static async Task RunAsync(
        SimulateOptionSet options, ParseResult result, CancellationToken cancellationToken)
    {
        CostFile cost = ReadCost(options, result);
        SimulationOptions simulation = options.Read(result, cost);
        var simulator = new Simulator(simulation);
        double[] rates = options.Rates(result);
        if (rates.Length == 0)
        {
            double capacity = await Capacity.FindAsync(simulation, cancellationToken);
            rates = [.. RateSteps.Select(step => double.Parse($"{step * capacity:G3}"))];
        }

        List<RunResult> results = [];
        ResultTable<RunResult> table = SimulationTable.Create(Console.Out);
        foreach (double rate in rates)
        {
            results.Add(await simulator.RunAsync(rate, cancellationToken));
            table.Add(results[^1]);
        }

        await ResultFile.WriteAsync(options.Json(result), () => JsonSerializer.Serialize(results, Json) + "\n");
        await ResultFile.WriteAsync(options.Svg(result), () => ChartPage.Draw(SimulationCharts.Of(results)) + "\n");
    }
}
