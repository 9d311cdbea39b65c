using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Laser.Cli.Bench;
using Laser.Serve.Simulation.Load;
using Laser.Serve.V1;

namespace Laser.Cli.Tests.Bench;

public class BenchRunTests
{
    private static readonly LoadOptions Load = new()
    {
        RequestCount = 12,
        PromptLength = LengthDistribution.Parse("uniform:5,30"),
        OutputLength = LengthDistribution.Parse("uniform:1,9"),
        SharedShare = 0.5,
        SharedLength = 16,
    };

    private readonly ConcurrentQueue<GenerateRequest> _requests = [];

    [Fact]
    public async Task Run_Levels_SendTheRequestsOfASimulation()
    {
        await RunAsync(Settings(clients: [1]));

        PlannedRequest[] planned = [.. new RequestTrace(Load).At(3)];
        Assert.Equal(planned.Select(p => p.Prompt.Select(id => (uint)id)), _requests.Select(r => r.PromptTokenIds.Ids));
        Assert.Equal(planned.Select(p => (uint)p.OutputLength), _requests.Select(r => r.MaxTokens));
        Assert.All(_requests, request => Assert.True(request.Stop.IgnoreEos));
    }

    [Fact]
    public async Task Run_SeveralLevelsAndWarmUp_ShareNoPrefixes()
    {
        List<LevelResult> levels = await RunAsync(Settings(clients: [1, 1]) with { WarmUpCount = 5 });

        Assert.Equal([12L, 12L], levels.Select(level => level.Finished));
        Assert.Equal([5, 12, 12], _requests.GroupBy(request => request.Cache.Salt).Select(group => group.Count()));
    }

    [Fact]
    public async Task Run_Settings_AreAskedFor()
    {
        await RunAsync(Settings(clients: [1]) with
        {
            SequenceCount = 3,
            Temperature = 0.5f,
            Text = false,
            Load = Load with { TimeLimitSeconds = 1.5 },
        });

        Assert.All(_requests, request =>
        {
            Assert.Equal((3u, 0.5f), (request.N, request.Sampling.Temperature));
            Assert.Equal((1500u, false), (request.TimeLimitMs, request.Output.Text));
        });
    }

    [Fact]
    public async Task Run_InterruptedLevel_IsTheLast()
    {
        using var interrupt = new CancellationTokenSource();
        BenchRun run = Create(Settings(clients: [1, 2, 3]));
        List<BenchLevel> started = [];
        run.LevelStarting += (level, _) =>
        {
            started.Add(level);
            if (level.Value == 2)
            {
                interrupt.Cancel();
            }
        };

        List<LevelResult> levels = await run.RunAsync(interrupt.Token).ToListAsync();

        Assert.Equal([1, 2], started.Select(level => level.Value));
        Assert.Equal([false, true], levels.Select(level => level.Interrupted));
    }

    private static BenchSettings Settings(double[] clients) => new()
    {
        Levels = [.. clients.Select(n => new BenchLevel(LoadMode.Concurrency, n))],
        Load = Load,
    };

    private BenchRun Create(BenchSettings settings) => new(settings, AnswerAsync, new JumpingClock());

    private async Task<List<LevelResult>> RunAsync(BenchSettings settings) =>
        await Create(settings).RunAsync().ToListAsync();

    private async IAsyncEnumerable<GenerateResponse> AnswerAsync(
        GenerateRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        _requests.Enqueue(request);
        for (uint i = 0; i < (request.HasN ? request.N : 1); i++)
        {
            yield return Calls.Last((int)request.MaxTokens, index: i);
        }
    }
}
