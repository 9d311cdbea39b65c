using Laser.Serve.Engine.Output;
using Laser.Serve.Engine.Sequences;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests;

/// <summary>An engine that has measured its steps reads prompts in pieces that fit the time of running streams.</summary>
public class CalibratedEngineTests
{
    // A step takes 10 ms and 1 ms a token: 40 tokens take 50 ms.
    private const double BaseMilliseconds = 10;

    private double _tokenMilliseconds = 1;

    [Fact]
    public async Task Step_PromptBesideAStream_IsReadInPiecesOfTheTargetTime()
    {
        await using TestEngine engine = Create(targetMilliseconds: 50);
        StartStream(engine);

        List<int[]> steps = ReadPrompt(engine, promptLength: 200);

        Assert.Equal([[1, 39], [1, 39], [1, 39], [1, 39], [1, 39], [1, 5]], steps);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(60_000)]
    public async Task Step_TargetOffOrFarAway_IsReadInPiecesOfTheLargestStep(int targetMilliseconds)
    {
        await using TestEngine engine = Create(targetMilliseconds);
        StartStream(engine);

        List<int[]> steps = ReadPrompt(engine, promptLength: 200);

        Assert.Equal([[1, 127], [1, 73]], steps);
    }

    [Fact]
    public async Task Step_NoStreamRuns_IsReadInPiecesOfTheLargestStep()
    {
        await using TestEngine engine = Create(targetMilliseconds: 50);

        List<int[]> steps = ReadPrompt(engine, promptLength: 200);

        Assert.Equal([[128], [72]], steps);
    }

    // Another program takes half of the processors' time.
    [Fact]
    public async Task Step_StepsTakeTwiceAsLong_PiecesBecomeSmaller()
    {
        await using TestEngine engine = Create(targetMilliseconds: 50);
        StartStream(engine);
        _tokenMilliseconds = 2;

        List<int[]> steps = ReadPrompt(engine, promptLength: 300);

        Assert.Equal(40, steps[0].Sum());
        Assert.InRange(steps[^2].Sum(), 18, 22);
    }

    [Fact]
    public async Task Calibrate_TargetIsZero_MeasuresNothing()
    {
        await using TestEngine engine = Create(targetMilliseconds: 0);

        Assert.Empty(engine.Runner.Steps);
    }

    [Fact]
    public async Task Calibrate_Started_Throws()
    {
        await using var engine = new TestEngine();
        engine.Engine.Start();

        Assert.Throws<InvalidOperationException>(engine.Engine.Calibrate);
    }

    private TestEngine Create(int targetMilliseconds)
    {
        EngineOptions options = TestEngine.Options(tokensPerStep: 128);
        options.TargetStepMilliseconds = targetMilliseconds;
        var engine = new TestEngine(options: options);
        engine.Runner.BeforeRun = batch => engine.Time.Advance(
            TimeSpan.FromMilliseconds(BaseMilliseconds + (_tokenMilliseconds * batch.TokenCount)));
        engine.Engine.Calibrate();
        return engine;
    }

    private static void StartStream(TestEngine engine)
    {
        engine.Engine.Submit(TestEngine.Request(maxTokens: 500, firstToken: 7), new StopStrings([]));
        engine.Step();
    }

    // The steps until the prompt has its first token.
    private static List<int[]> ReadPrompt(TestEngine engine, int promptLength)
    {
        int before = engine.Runner.Steps.Count;
        SequenceGroup prompt = engine.Engine.Submit(
            TestEngine.Request(promptLength, maxTokens: 1), new StopStrings([]));
        while (!prompt.HasEnded)
        {
            engine.Step();
        }

        return engine.Runner.Steps[before..];
    }
}
