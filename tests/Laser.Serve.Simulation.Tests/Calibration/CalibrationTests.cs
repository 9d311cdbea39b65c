using Laser.Serve.Engine;
using Laser.Serve.Simulation.Calibration;
using Laser.Serve.Simulation.Costs;
using Laser.Serve.Simulation.Load;
using Laser.Serve.Simulation.Running;

namespace Laser.Serve.Simulation.Tests.Calibration;

/// <summary>A model whose steps cost what is known takes the place of the real one.</summary>
public class CalibrationTests
{
    private static readonly EngineOptions Options = new()
    {
        MaxRunningSequences = 8,
        MaxTokensPerStep = 64,
        MaxQueuedRequests = 100,
    };

    [Fact]
    public async Task MeasureAsync_ModelOfKnownCost_IsRecovered()
    {
        var clock = new SimulatedClock();
        using SimulatedModelRunner model = CreateModel(clock);

        IReadOnlyList<StepSample> samples = await new Calibrator(model, new SimulatedTokenizer(), Options, clock)
            .MeasureAsync(CancellationToken.None);

        CostModel fitted = CostFit.Fit(samples);
        Assert.Equal(1, fitted.Step / Scenarios.Cost.Step, 1e-3);
        Assert.Equal(1, fitted.Token / Scenarios.Cost.Token, 1e-3);
        Assert.Equal(1, fitted.Sequence / Scenarios.Cost.Sequence, 1e-3);
        Assert.Equal(1, fitted.ContextToken / Scenarios.Cost.ContextToken, 1e-2);
        Assert.Equal(1, fitted.Attended / Scenarios.Cost.Attended, 1e-2);
        Assert.Contains(samples, sample => sample.Shape.SequenceCount == Options.MaxRunningSequences);
        Assert.Contains(samples, sample => sample.Shape.TokenCount == Options.MaxTokensPerStep);
    }

    [Fact]
    public async Task MeasureAsync_Cancelled_GivesUp()
    {
        var clock = new SimulatedClock();
        using SimulatedModelRunner model = CreateModel(clock);
        var calibrator = new Calibrator(model, new SimulatedTokenizer(), Options, clock);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => calibrator.MeasureAsync(new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task MeasuredRun_Load_IsReadToItsEnd()
    {
        using SimulatedModelRunner model = CreateModel(new SimulatedClock());
        var load = new LoadOptions
        {
            RequestCount = 60,
            PromptLength = LengthDistribution.Parse("uniform:1,100"),
            OutputLength = LengthDistribution.Parse("7"),
        };

        MeasuredResult result = await new MeasuredRun(model, new SimulatedTokenizer(), Options, TimeProvider.System)
            .RunAsync(load, rate: 1e5, CancellationToken.None);

        Assert.Equal((60, 0, 60 * 7), (result.Finished, result.Others, result.GeneratedTokens));
        Assert.True(result is { Seconds: > 0, Ttft.Median: > 0 }, result.ToString());
    }

    [Fact]
    public async Task MeasuredRun_RequestsThatDoNotFit_AreCounted()
    {
        using SimulatedModelRunner model = CreateModel(new SimulatedClock());
        var load = new LoadOptions { RequestCount = 10, PromptLength = LengthDistribution.Parse("5000") };

        MeasuredResult result = await new MeasuredRun(model, new SimulatedTokenizer(), Options, TimeProvider.System)
            .RunAsync(load, rate: 1e5, CancellationToken.None);

        Assert.Equal((0, 10, 0), (result.Finished, result.Others, result.GeneratedTokens));
    }

    [Fact]
    public async Task MeasuredRun_AnswersShorterThanTheirLimit_AreRefused()
    {
        using SimulatedModelRunner model = CreateModel(new SimulatedClock());
        var run = new MeasuredRun(model, new SimulatedTokenizer(), Options, TimeProvider.System);

        await Assert.ThrowsAsync<ArgumentException>(
            () => run.RunAsync(new LoadOptions { MaxTokens = 100 }, rate: 1, CancellationToken.None));
    }

    private static SimulatedModelRunner CreateModel(SimulatedClock clock)
    {
        ReplicaOptions replica = Scenarios.Mixed.Replica with { Engine = Options, CacheTokens = 8192 };
        return new SimulatedModelRunner(Scenarios.Cost, clock, replica.ContextLength, replica.CreateCacheLayout());
    }
}
