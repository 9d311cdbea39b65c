using Laser.Serve.Engine;
using Laser.Serve.Simulation.Costs;
using Laser.Serve.Simulation.Load;
using Laser.Serve.Simulation.Results;
using Laser.Serve.Simulation.Running;

namespace Laser.Serve.Simulation.Tests;

/// <summary>Options that tests start from.</summary>
internal static class Scenarios
{
    public static CostModel Cost { get; } = new()
    {
        Step = 1e-3,
        Token = 2e-5,
        Sequence = 1e-4,
        ContextToken = 1e-7,
        Attended = 1e-8,
    };

    /// <summary>A small server under a mixed load that comes to everything: shared prefixes, cancels, limits.</summary>
    public static SimulationOptions Mixed { get; } = new()
    {
        Replica = new ReplicaOptions
        {
            Cost = Cost,
            Engine = new EngineOptions { MaxRunningSequences = 8, MaxTokensPerStep = 64, MaxQueuedRequests = 20 },
            ContextLength = 400,
            CacheTokens = 2048,
        },
        Load = new LoadOptions
        {
            RequestCount = 2000,
            PromptLength = LengthDistribution.Parse("lognormal:60,0.8"),
            OutputLength = LengthDistribution.Parse("uniform:1,60"),
            MaxTokens = 64,
            SharedShare = 0.5,
            SharedLength = 100,
            SharedPrefixCount = 3,
            CancelShare = 0.1,
            CancelSeconds = 0.3,
            TimeLimitSeconds = 0.3,
        },
    };

    /// <summary>Requests of one token for a server that takes one at a time, and always as long.</summary>
    public static SimulationOptions Single(double stepSeconds, int requestCount, string arrivals = "poisson") => new()
    {
        Replica = new ReplicaOptions
        {
            Cost = new CostModel { Step = stepSeconds, Token = 0, Sequence = 0, ContextToken = 0, Attended = 0 },
            Engine = new EngineOptions
            {
                MaxRunningSequences = 1,
                MaxTokensPerStep = 16,
                MaxQueuedRequests = 100_000,
            },
        },
        Load = new LoadOptions
        {
            RequestCount = requestCount,
            Arrivals = ArrivalProcess.Parse(arrivals),
            PromptLength = LengthDistribution.Parse("1"),
            OutputLength = LengthDistribution.Parse("1"),
        },
    };

    public static Task<RunResult> Run(SimulationOptions options, double rate) =>
        new Simulator(options).RunAsync(rate, CancellationToken.None);
}
