using System.Text.Json;
using Laser.Serve.Engine;
using Laser.Serve.Simulation.Load;
using Laser.Serve.Simulation.Results;
using Laser.Serve.Simulation.Running;

namespace Laser.Serve.Simulation.Tests.Running;

public class SimulatorTests
{
    [Fact]
    public async Task RunAsync_SameSeed_GivesSameResult()
    {
        string first = JsonSerializer.Serialize(await Scenarios.Run(Scenarios.Mixed, 40));
        string second = JsonSerializer.Serialize(await Scenarios.Run(Scenarios.Mixed, 40));

        Assert.Equal(first, second);
    }

    [Fact]
    public async Task RunAsync_OtherSeed_GivesOtherResult()
    {
        SimulationOptions other = Scenarios.Mixed with { Load = Scenarios.Mixed.Load with { Seed = 2 } };

        Assert.NotEqual(await Scenarios.Run(Scenarios.Mixed, 40), await Scenarios.Run(other, 40));
    }

    [Theory]
    [InlineData(5, 1)]
    [InlineData(60, 1)]
    [InlineData(1000, 1)]
    [InlineData(60, 3)]
    public async Task RunAsync_MixedLoad_AccountsForEveryRequest(double rate, int replicas)
    {
        SimulationOptions options = Scenarios.Mixed with { ReplicaCount = replicas };

        RunResult result = await Scenarios.Run(options, rate);

        Assert.Equal(options.Load.RequestCount, result.Requests);
        Assert.Equal(
            result.Requests,
            result.Finished + result.Refused + result.TooLong + result.Cancelled + result.TimedOut + result.Failed);
        Assert.Equal(0, result.Failed);
        Assert.InRange(result.Finished, 1, result.Requests - 1);
        Assert.InRange(result.Utilisation, 0.01, 1);
    }

    [Fact]
    public async Task RunAsync_MixedLoad_MeetsEveryKindOfEnd()
    {
        RunResult result = await Scenarios.Run(Scenarios.Mixed, 200);

        Assert.True(
            result is { Finished: > 0, Refused: > 0, TooLong: > 0, Cancelled: > 0, TimedOut: > 0, CachedTokens: > 0 },
            result.ToString());
    }

    [Fact]
    public async Task RunAsync_EasyLoad_GeneratesEveryTokenAndIsAllGood()
    {
        SimulationOptions options = Scenarios.Mixed with
        {
            Load = new LoadOptions
            {
                RequestCount = 500,
                PromptLength = LengthDistribution.Parse("uniform:1,90"),
                OutputLength = LengthDistribution.Parse("17"),
                MaxTokens = 64,
            },
        };

        RunResult result = await Scenarios.Run(options, 1);

        Assert.Equal(500, result.Finished);
        Assert.Equal(500, result.Good);
        Assert.Equal(500 * 17, result.GeneratedTokens);
    }

    // Requests ask for many more tokens than they generate, of a cache that holds little.
    [Fact]
    public async Task RunAsync_OptimisticAdmission_ServesMoreAndCountsWhatGaveWay()
    {
        RunResult reserved = await Scenarios.Run(Crowded(AdmissionMode.Reserve), 100);
        RunResult optimistic = await Scenarios.Run(Crowded(AdmissionMode.Optimistic), 100);

        Assert.Equal((1000, 0), (reserved.Finished, reserved.Preemptions));
        Assert.Equal(1000, optimistic.Finished);
        Assert.Equal(reserved.GeneratedTokens, optimistic.GeneratedTokens);
        Assert.True(optimistic.Preemptions > 10, $"{optimistic.Preemptions} gave way.");
        Assert.True(optimistic.MeanBatch > 1.2 * reserved.MeanBatch, $"{optimistic.MeanBatch}, {reserved.MeanBatch}");
        Assert.True(optimistic.Ttft.Mean < reserved.Ttft.Mean, $"{optimistic.Ttft}, {reserved.Ttft}");
    }

    [Fact]
    public async Task RunAsync_OneRequest_TakesTheSumOfItsSteps()
    {
        SimulationOptions options = Scenarios.Mixed with
        {
            Load = new LoadOptions
            {
                RequestCount = 1,
                Arrivals = ArrivalProcess.Parse("even"),
                PromptLength = LengthDistribution.Parse("100"),
                OutputLength = LengthDistribution.Parse("3"),
            },
        };

        RunResult result = await Scenarios.Run(options, rate: 2);

        // It comes at 0.5 s. A step of 64 tokens of the prompt, one of the other 36, two of a token.
        double first = Cost(rows: 64, context: 64) + Cost(rows: 36, context: 100);
        double second = Cost(rows: 1, context: 101);
        double third = Cost(rows: 1, context: 102);
        Assert.Equal(4, result.Steps);
        Assert.Equal(first, result.Ttft.Mean, 1e-8);
        Assert.Equal((second + third) / 2, result.Itl.Mean, 1e-8);
        Assert.Equal(first + second + third, result.Total.Mean, 1e-8);
        Assert.Equal(0.5 + first + second + third, result.Seconds, 1e-8);
    }

    [Fact]
    public async Task RunAsync_NeverIdle_TakesTheSumOfItsSteps()
    {
        // All come within a microsecond, so that the server works from the first to the last.
        SimulationOptions options = Scenarios.Single(1e-3, 1000, "even");

        RunResult result = await Scenarios.Run(options, rate: 1e9);

        Assert.Equal(1000, result.Steps);
        Assert.Equal(1.0, result.Seconds, 1e-6);
        Assert.Equal(1.0, result.Utilisation, 1e-6);
    }

    // The mean wait of M/D/1 is rho * D / (2 * (1 - rho)) (Pollaczek and Khinchine). That of these very arrivals is
    // known exactly: the next one waits for what is left of the one before it (Lindley).
    [Theory]
    [InlineData(0.3)]
    [InlineData(0.6)]
    [InlineData(0.8)]
    public async Task RunAsync_OneServerOfConstantTime_WaitsLikeMD1(double load)
    {
        const double Step = 0.01;

        SimulationOptions options = Scenarios.Single(Step, 200_000);

        RunResult result = await Scenarios.Run(options, load / Step);

        double wait = load * Step / (2 * (1 - load));
        double sum = 0;
        (double left, double last) = (0, 0);
        foreach (PlannedRequest request in new RequestTrace(options.Load).At(load / Step))
        {
            double arrival = request.Arrival / 1e9;
            left = Math.Max(0, left - (arrival - last));
            sum += left;
            left += Step;
            last = arrival;
        }

        Assert.Equal(sum / result.Requests, result.Queue.Mean, 1e-6);
        Assert.Equal(Step + result.Queue.Mean, result.Ttft.Mean, 1e-6);
        Assert.InRange(result.Queue.Mean, wait * 0.95, wait * 1.05);
        Assert.InRange(result.Utilisation, load * 0.99, load * 1.01);
    }

    [Fact]
    public async Task RunAsync_BurstyArrivals_WaitLongerThanPoisson()
    {
        RunResult poisson = await Scenarios.Run(Scenarios.Single(0.01, 20_000), 60);
        RunResult gamma = await Scenarios.Run(Scenarios.Single(0.01, 20_000, "gamma:3"), 60);
        RunResult even = await Scenarios.Run(Scenarios.Single(0.01, 20_000, "even"), 60);

        Assert.True(gamma.Queue.Mean > 2 * poisson.Queue.Mean);
        Assert.Equal(0, even.Queue.Max, 1e-6);
    }

    [Fact]
    public async Task RunAsync_PrefixAffinity_FindsMoreThanRoundRobin()
    {
        SimulationOptions options = Scenarios.Mixed with
        {
            ReplicaCount = 3,
            Load = Scenarios.Mixed.Load with { SharedShare = 1, SharedPrefixCount = 30, TimeLimitSeconds = null },
        };

        RunResult roundRobin = await Scenarios.Run(options, 10);
        RunResult affinity = await Scenarios.Run(options with { Routing = Routing.PrefixAffinity }, 10);

        Assert.True(affinity.CacheHitShare > 1.2 * roundRobin.CacheHitShare);
    }

    [Fact]
    public async Task RunAsync_LeastRequests_WaitsLessThanRoundRobin()
    {
        SimulationOptions single = Scenarios.Single(0.01, 20_000);
        SimulationOptions options = single with
        {
            ReplicaCount = 4,
            Load = single.Load with { OutputLength = LengthDistribution.Parse("uniform:1,20") },
        };

        RunResult roundRobin = await Scenarios.Run(options, 30);
        RunResult least = await Scenarios.Run(options with { Routing = Routing.LeastRequests }, 30);

        Assert.True(least.Queue.Mean < roundRobin.Queue.Mean);
    }

    [Fact]
    public void Constructor_WrongOptions_NamesAllOfThem()
    {
        SimulationOptions options = Scenarios.Mixed with
        {
            ReplicaCount = 0,
            Load = new LoadOptions { RequestCount = 0, SharedShare = 2 },
            Replica = new ReplicaOptions
            {
                Cost = Scenarios.Cost with { Token = -1 },
                Engine = new EngineOptions { BlockSize = 17 },
                ContextLength = 1,
                CacheTokens = 3,
            },
        };

        string message = Assert.Throws<ArgumentException>(() => new Simulator(options)).Message;

        Assert.All(
            (string[])["replica", "of requests", "share of shared", "cost of -1", "BlockSize", "context", "cache"],
            part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    private static double Cost(int rows, int context) => Scenarios.Cost.SecondsOf(
        new(rows, 1, context, ((long)rows * context) - ((long)rows * (rows - 1) / 2)));

    private static SimulationOptions Crowded(AdmissionMode admission) => Scenarios.Mixed with
    {
        Replica = Scenarios.Mixed.Replica with
        {
            Engine = new EngineOptions
            {
                MaxRunningSequences = 16,
                MaxTokensPerStep = 64,
                MaxQueuedRequests = 1000,
                Admission = admission,
            },
            CacheTokens = 1024,
        },
        Load = new LoadOptions
        {
            RequestCount = 1000,
            PromptLength = LengthDistribution.Parse("uniform:1,60"),
            OutputLength = LengthDistribution.Parse("lognormal:40,0.8,300"),
            MaxTokens = 300,
        },
    };
}
