using Laser.Serve.Compute;
using Laser.Serve.Engine.Execution;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests;

/// <summary>An engine without its device ends at once, and tells each request whether asking again is right.</summary>
public class DeviceLossTests
{
    private static readonly DeviceLostException Lost = new("fell off the bus");

    [Fact]
    public async Task Run_DeviceLost_EndsTheEngineAtOnceWithThatFailure()
    {
        await using TestEngine engine = CreateStarted();
        engine.Runner.BeforeRun = _ => throw Lost;

        EngineException exception = await FailureOf(engine.Generate(TestEngine.Request()));

        Assert.Equal(EngineError.DeviceLost, exception.Error);
        await engine.Engine.Ended;
        Assert.Equal(EngineStatus.Failed, engine.Snapshot.Status);
        Assert.Same(Lost, engine.Engine.Failure);
        Assert.Equal(EngineError.Draining, (await FailureOf(engine.Generate(TestEngine.Request()))).Error);
        engine.AssertClean();
    }

    [Fact]
    public async Task Run_DeviceLost_AbortsWhatHasTokensAndOnlyThat()
    {
        await using TestEngine engine = CreateStarted(TestEngine.Options(running: 2, tokensPerStep: 16));
        using var gate = new Gate();
        engine.Runner.BeforeRun = batch =>
        {
            if (engine.Runner.Steps.Count == 2)
            {
                gate.Pass();
                throw Lost;
            }
        };
        Task<Generation> streaming = engine.Generate(TestEngine.Request(maxTokens: 50));
        Task<Generation> reading = engine.Generate(TestEngine.Request(promptLength: 100));
        Task<Generation> waiting = engine.Generate(TestEngine.Request());
        gate.Open();

        Assert.Equal(EngineError.Aborted, (await FailureOf(streaming)).Error);
        Assert.Equal(EngineError.DeviceLost, (await FailureOf(reading)).Error);
        Assert.Equal(EngineError.DeviceLost, (await FailureOf(waiting)).Error);
        engine.AssertClean();
    }

    [Fact]
    public async Task Release_DeviceLost_EndsTheEngineWithThatFailure()
    {
        await using TestEngine engine = CreateStarted();
        engine.Runner.BlockFailure = Lost;

        await engine.Generate(TestEngine.Request());

        await engine.Engine.Ended;
        Assert.IsType<DeviceLostException>(engine.Engine.Failure);
    }

    [Fact]
    public async Task Copy_DeviceLost_EndsTheEngineAndAllSequences()
    {
        await using TestEngine engine = CreateStarted();
        engine.Runner.CopyFailure = Lost;

        Task<Generation[]> several = engine.GenerateAll(TestEngine.Request() with { SequenceCount = 3 });

        Assert.Equal(EngineError.DeviceLost, (await Assert.ThrowsAsync<EngineException>(() => several)).Error);
        await engine.Engine.Ended;
        Assert.Same(Lost, engine.Engine.Failure);
        engine.AssertClean();
    }

    [Fact]
    public async Task Truncate_DeviceLost_EndsTheEngine()
    {
        EngineOptions options = TestEngine.Options();
        options.SpeculativeTokens = 4;
        await using TestEngine engine = CreateStarted(options);
        engine.Runner.TruncateFailure = Lost;
        engine.Runner.Logits = FakeModelRunner.Always(context => context.Length == 8 ? 99 : 65 + (context.Length % 3));
        GenerationRequest request = TestEngine.Request(maxTokens: 20) with { PromptTokenIds = [65, 66, 67, 65, 66, 67] };

        EngineException exception = await FailureOf(engine.Generate(request));

        Assert.Equal(EngineError.Aborted, exception.Error);
        await engine.Engine.Ended;
        Assert.Same(Lost, engine.Engine.Failure);
    }

    // What a dying device does first may be anything.
    [Fact]
    public void ThrowIfBroken_OtherFailuresBeforeTheLoss_IsTheLoss()
    {
        var runner = new FakeModelRunner { BlockFailure = new InvalidOperationException("odd") };
        var guarded = new GuardedRunner(runner);
        guarded.ReleaseBlock(0);
        Assert.Throws<InvalidOperationException>(guarded.ThrowIfBroken);

        runner.BlockFailure = Lost;
        guarded.ReleaseBlock(0);

        Assert.Same(Lost, Assert.Throws<DeviceLostException>(guarded.ThrowIfBroken).InnerException);
    }

    private static TestEngine CreateStarted(EngineOptions? options = null)
    {
        var engine = new TestEngine(options: options);
        engine.Engine.Start();
        return engine;
    }

    private static Task<EngineException> FailureOf(Task<Generation> generation) =>
        Assert.ThrowsAsync<EngineException>(() => generation);
}
