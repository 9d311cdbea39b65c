using System.CommandLine;
using Laser.Serve.Engine;
using Laser.Serve.Hosting;
using Laser.Serve.Simulation.Calibration;
using Laser.Serve.Simulation.Costs;
using Laser.Serve.Simulation.Load;
using Laser.Serve.Simulation.Results;
using Laser.Serve.Simulation.Running;

namespace Laser.Cli.Commands;

/// <summary>What <c>laser simulate</c> does with a real model: measure its steps, and run the load on it.</summary>
internal static class SimulationOnModel
{
    public static async Task FitAsync(
        SimulateOptionSet options, ParseResult result, CancellationToken cancellationToken)
    {
        EngineOptions engine = options.Engine(result);
        using RunnableModel model = await LoadAsync(options.Model(result), engine);
        Console.Error.WriteLine($"Measuring steps of {model.Name} on {model.Device}.");
        var calibrator = new Calibrator(model.Runner, model.Tokenizer, engine, TimeProvider.System);
        IReadOnlyList<StepSample> samples = await Task.Run(
            () => calibrator.MeasureAsync(cancellationToken), cancellationToken);
        CostModel cost = CostFit.Fit(samples);
        var file = new CostFile
        {
            Model = model.Name,
            Device = model.Device,
            Measured = TimeProvider.System.GetUtcNow(),
            ContextLength = model.Runner.MaxContextLength,
            CacheTokens = model.Runner.CacheLayout.TokenCapacity,
            Steps = samples.Count,
            MeanError = CostFit.MeanError(cost, samples),
            Cost = cost,
        };
        file.Save(options.CostFile(result).FullName);
        Console.WriteLine($"""
            step             {cost.Step * 1e6,10:0.00} us
            token            {cost.Token * 1e6,10:0.00} us
            sequence         {cost.Sequence * 1e6,10:0.00} us
            context token    {cost.ContextToken * 1e9,10:0.00} ns
            attended pair    {cost.Attended * 1e9,10:0.00} ns
            mean error       {file.MeanError * 100,10:0.0} % of {samples.Count} steps
            written to       {options.CostFile(result)}
            """);
    }

    public static async Task CheckAsync(
        SimulateOptionSet options, ParseResult result, CostFile cost, CancellationToken cancellationToken)
    {
        double[] rates = options.Rates(result);
        SimulationOptions simulation = options.Read(result, cost);
        if (rates.Length == 0 || simulation.ReplicaCount != 1)
        {
            throw new ArgumentException("--check takes --rates, and one replica.");
        }

        var simulator = new Simulator(simulation);
        EngineOptions engine = options.Engine(result);
        LoadOptions load = options.Load(result);
        using RunnableModel model = await LoadAsync(options.Model(result), engine);
        Console.WriteLine("| rate/s |   figure | simulated |  measured | difference |");
        Console.WriteLine("|-------:|---------:|----------:|----------:|-----------:|");
        foreach (double rate in rates)
        {
            RunResult predicted = await simulator.RunAsync(rate, cancellationToken);
            MeasuredResult measured = await new MeasuredRun(model.Runner, model.Tokenizer, engine, TimeProvider.System)
                .RunAsync(load, rate, cancellationToken);
            Print(rate, "tok/s", predicted.TokensPerSecond, measured.TokensPerSecond);
            Print(rate, "ttft p50", predicted.Ttft.Median * 1e3, measured.Ttft.Median * 1e3);
            Print(rate, "ttft p99", predicted.Ttft.P99 * 1e3, measured.Ttft.P99 * 1e3);
            Print(rate, "itl p50", predicted.Itl.Median * 1e3, measured.Itl.Median * 1e3);
            Print(rate, "itl p99", predicted.Itl.P99 * 1e3, measured.Itl.P99 * 1e3);
            Print(rate, "done", predicted.Finished, measured.Finished);
        }
    }

    private static void Print(double rate, string figure, double predicted, double measured) => Console.WriteLine(
        $"| {rate,6:0.##} | {figure,8} | {predicted,9:0.0} | {measured,9:0.0}"
        + $" | {(predicted / measured) - 1,10:+0.0 %;-0.0 %} |");

    private static async Task<RunnableModel> LoadAsync(DirectoryInfo? folder, EngineOptions engine)
    {
        var options = new ServerOptions { Engine = engine };
        options.Model.Path = folder?.FullName;
        var progress = new LoadProgressDisplay();
        Task<RunnableModel> loading = Task.Run(() => RunnableModel.Load(options, progress));
        await progress.ShowAsync(loading);
        return await loading;
    }
}
