using Laser.Serve.Engine.Output;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sequences;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests;

/// <summary>
/// What the engine thread allocates is collected while it computes, and a collection stops it. In a step that generates
/// it allocates nothing, over a real model, once buffers have their size and code is compiled.
/// </summary>
public class AllocationTests
{
    private const int RequestCount = 8;
    private const int WarmUpSteps = 48;
    private const int MeasuredSteps = 96;

    private static readonly SamplingParams Greedy = new() { Temperature = 0 };
    private static readonly SamplingParams Drawn = new() { Temperature = 0.8f, TopP = 0.95f, Seed = 7 };

    private static readonly SamplingParams Everything = Drawn with
    {
        TopK = 40,
        MinP = 0.01f,
        TypicalP = 0.97f,
        RepetitionPenalty = 1.1f,
        PresencePenalty = 0.5f,
        FrequencyPenalty = 0.5f,
        LogitBias = [KeyValuePair.Create(5, 1f)],
        BannedTokenIds = [9],
    };

    private static readonly Dictionary<string, GenerationRequest> Requests = new()
    {
        ["greedy"] = Request(Greedy),
        ["drawn"] = Request(Drawn),
        ["everything"] = Request(Everything) with
        {
            StopStrings = ["never to be found"],
            StopTokenIds = [4711],
            TimeLimit = TimeSpan.FromHours(1),
        },
    };

    /// <summary>The measured steps fill blocks, which go to the prefix cache: these are in it as well.</summary>
    [Theory]
    [InlineData("greedy")]
    [InlineData("drawn")]
    [InlineData("everything")]
    public async Task Step_Generating_AllocatesNothing(string name)
    {
        await using GoldenEngine engine = CreateEngine();
        var stops = new StopStrings(Requests[name].StopStrings);
        SequenceGroup[] groups = [.. Copies(Requests[name]).Select(request => engine.Engine.Submit(request, stops))];

        List<long> allocated = Measure(engine, afterStep: () => Array.ForEach(groups, TakeAll));

        Assert.All(groups, group => Assert.Equal(SequenceStatus.Running, group.First.Status));
        AssertNothingBut(stepCount: 2, allocated);
    }

    /// <summary>
    /// With readers that wait. What wakes one is queued in the thread pool, which starts a thread now and then. Tokens
    /// that nobody has taken need room, so here every step waits until they are: a stream that is read as it comes
    /// stays as large as it is.
    /// </summary>
    [Fact]
    public async Task Step_GeneratingForReaders_AllocatesNothingPerToken()
    {
        await using GoldenEngine engine = CreateEngine();
        using var taken = new SemaphoreSlim(0);
        var stops = new StopStrings([]);
        SequenceGroup[] groups = [.. Copies(Requests["drawn"]).Select(request => engine.Engine.Submit(request, stops))];
        Task[] readers =
            [.. groups.Select(group => ReadAsync(new OutputReader(group, new FakeTokenizer(), stops), taken))];

        List<long> allocated = Measure(engine, afterStep: () =>
        {
            for (int i = 0; i < RequestCount; i++)
            {
                taken.Wait();
            }
        });

        while (engine.Step())
        {
        }

        await Task.WhenAll(readers);
        AssertNothingBut(stepCount: 8, allocated);
    }

    private static GoldenEngine CreateEngine() => new(
        "tied-hd64-bf16-softclamp15", new EngineOptions { MaxRunningSequences = RequestCount, KvCacheMebibytes = 16 });

    private static GenerationRequest Request(SamplingParams sampling) => new()
    {
        Id = "test",
        PromptTokenIds = [1, 2, 3],
        MaxTokens = WarmUpSteps + MeasuredSteps + 10,
        Sampling = sampling,
    };

    private static IEnumerable<GenerationRequest> Copies(GenerationRequest request) =>
        Enumerable.Range(0, RequestCount).Select(i => request with { PromptTokenIds = [1, 2, 3 + i] });

    private static List<long> Measure(GoldenEngine engine, Action afterStep)
    {
        List<long> allocated = new(MeasuredSteps);
        for (int step = 0; step < WarmUpSteps + MeasuredSteps; step++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            engine.Step();
            long after = GC.GetAllocatedBytesForCurrentThread();
            afterStep();
            if (step >= WarmUpSteps)
            {
                allocated.Add(after - before);
            }
        }

        return allocated;
    }

    // The runtime allocates on a thread that makes it start another one: to compile what runs often, or for the thread
    // pool. With tiered compilation switched off there is nothing at all. What the engine would allocate shows in every
    // step, or in the three whose tokens fill blocks.
    private static void AssertNothingBut(int stepCount, List<long> allocated) =>
        Assert.InRange(allocated.Count(bytes => bytes > 0), 0, stepCount);

    private static async Task ReadAsync(OutputReader reader, SemaphoreSlim taken)
    {
        while (await reader.WaitAsync(CancellationToken.None).ConfigureAwait(false))
        {
            foreach (TokenOutput output in reader.Read())
            {
                if (output.TokenIds.Count > 0)
                {
                    taken.Release(output.TokenIds.Count);
                }
            }
        }
    }

    private static void TakeAll(SequenceGroup group)
    {
        while (group.Output.TryRead(out _))
        {
        }
    }
}
