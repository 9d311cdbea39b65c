using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests;

public class TimeLimitTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Generate_LimitInDecode_EndsWithTheTextThereIs()
    {
        await using var engine = new TestEngine();
        engine.Runner.Logits = FakeModelRunner.Always(context => 'a' + context.Length - 3);
        engine.Runner.BeforeRun = _ => engine.Time.Advance(Second);
        GenerationRequest request = TestEngine.Request(maxTokens: 20) with { TimeLimit = 4 * Second };

        Generation generation = await engine.GenerateByHand(request);

        Assert.Equal("abcd", generation.Text);
        Assert.Equal(FinishReason.TimeLimit, generation.Summary.FinishReason);
        Assert.Equal(4, generation.Summary.GeneratedTokenCount);
        engine.AssertClean();
    }

    [Fact]
    public async Task Generate_LimitInPrefillOfSeveral_EndsAllWithNothing()
    {
        await using var engine = new TestEngine(options: TestEngine.Options(tokensPerStep: 16));
        engine.Runner.BeforeRun = _ => engine.Time.Advance(Second);
        GenerationRequest request =
            TestEngine.Request(promptLength: 60) with { TimeLimit = 2 * Second, SequenceCount = 3 };

        Generation[] generations = await engine.GenerateAllByHand(request);

        Assert.Equal(3, generations.Length);
        Assert.All(generations, AssertIsEmpty);
        Assert.Equal([16, 16], engine.Runner.Steps.Select(tokens => tokens.Sum()));
        engine.AssertClean();
    }

    [Fact]
    public async Task Generate_LimitInTheQueue_EndsWithNothingAndGivesThePlaceBack()
    {
        await using var engine = new TestEngine(options: TestEngine.Options(running: 1, queued: 1));
        Task<Generation> running = engine.Generate(TestEngine.Request(maxTokens: 20));
        engine.Step();
        Task<Generation> waiting = engine.Generate(TestEngine.Request() with { TimeLimit = 3 * Second });
        engine.Step();
        engine.Time.Advance(2.9 * Second);
        engine.Step();
        Assert.False(waiting.IsCompleted);

        engine.Time.Advance(0.1 * Second);
        engine.Step();

        AssertIsEmpty(await waiting);
        Assert.Equal(3 * Second, (await waiting).Summary.QueueTime);
        Assert.Equal((1, 0), (engine.Snapshot.RunningCount, engine.Snapshot.WaitingCount));
        Task<Generation> next = engine.Generate(TestEngine.Request());
        engine.StepUntilIdle();
        Assert.Equal(20, (await running).TokenIds.Count);
        Assert.Equal(5, (await next).TokenIds.Count);
        engine.AssertClean();
    }

    [Fact]
    public async Task Generate_SomeSequencesAreDone_LimitEndsTheOthers()
    {
        await using var engine = new TestEngine();
        engine.Runner.BeforeRun = _ => engine.Time.Advance(Second);
        GenerationRequest request = TestEngine.Request(maxTokens: 30) with
        {
            SequenceCount = 4,
            Sampling = new SamplingParams { Seed = 5 },
        };
        Generation[] free = await engine.GenerateAllByHand(request);
        int stop = free[2].TokenIds[1];

        Generation[] limited = await engine.GenerateAllByHand(
            request with { StopTokenIds = [stop], TimeLimit = 5 * Second });

        Assert.Equal(FinishReason.Stop, limited[2].Summary.FinishReason);
        Assert.Contains(limited, generation => generation.Summary.FinishReason == FinishReason.TimeLimit);
        Assert.All(limited.Zip(free), pair =>
            Assert.Equal(pair.Second.TokenIds.Take(pair.First.TokenIds.Count), pair.First.TokenIds));
        engine.AssertClean();
    }

    [Fact]
    public async Task Generate_DoneInTime_IsNotTouched()
    {
        await using var engine = new TestEngine();
        Generation generation = await engine.GenerateByHand(TestEngine.Request() with { TimeLimit = Second });
        Assert.Equal(FinishReason.Length, generation.Summary.FinishReason);

        engine.Time.Advance(2 * Second);
        engine.Step();

        generation = await engine.GenerateByHand(TestEngine.Request() with { TimeLimit = TimeSpan.MaxValue });
        Assert.Equal(FinishReason.Length, generation.Summary.FinishReason);
        engine.AssertClean();
    }

    private static void AssertIsEmpty(Generation generation)
    {
        Assert.Equal("", generation.Text);
        Assert.Empty(generation.TokenIds);
        Assert.Equal(FinishReason.TimeLimit, generation.Summary.FinishReason);
        Assert.Equal(0, generation.Summary.GeneratedTokenCount);
    }
}
