using Laser.Serve.Engine.Output;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sequences;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Speculation;

/// <summary>What a guess does in a step, and where tokens must come to their end in the middle of a right one.</summary>
public class SpeculationTests
{
    // Goes through the letters again and again; a prompt of two rounds lets every guess be right.
    private static readonly int[] Round = [65, 66, 67, 68, 69];

    private static readonly GenerationRequest Repeating = TestEngine.Request() with
    {
        PromptTokenIds = [.. Round, .. Round],
        MaxTokens = 40,
    };

    [Fact]
    public async Task Step_TextRepeats_TakesFewerStepsForTheSameTokens()
    {
        await using TestEngine engine = CreateEngine();
        await using TestEngine plain = CreateEngine(speculativeTokens: 0);

        Generation generation = await engine.GenerateByHand(Repeating);

        Assert.Equal((await plain.GenerateByHand(Repeating)).TokenIds, generation.TokenIds);
        Assert.Equal(40, plain.Runner.Steps.Count);
        Assert.InRange(engine.Runner.Steps.Count, 8, 20);
        Assert.Equal(40, generation.Summary.GeneratedTokenCount);
        engine.AssertClean();
    }

    [Fact]
    public async Task Step_Off_GuessesNothing()
    {
        await using TestEngine engine = CreateEngine(speculativeTokens: 0);
        await engine.GenerateByHand(Repeating);

        Assert.All(engine.Runner.Steps.Skip(1), step => Assert.Equal([1], step));
    }

    [Fact]
    public async Task Step_BlockAlmostFull_NeverFillsItWithAGuess()
    {
        await using TestEngine engine = CreateEngine();
        int guesses = 0;
        engine.Runner.BeforeRun = batch =>
        {
            int length = batch.ContextLengths[0];
            int rows = batch.TokenCount;
            Assert.True(length == 10 || rows == 1 || (length % 16 != 0 && (length - rows) / 16 == length / 16));
            guesses += length == 10 ? 0 : rows - 1;
        };

        await engine.GenerateByHand(Repeating);

        Assert.InRange(guesses, 20, 40);
        engine.AssertClean();
    }

    [Fact]
    public async Task Step_PromptTakesTheBudget_LeavesGuessesNothing()
    {
        await using TestEngine engine = CreateEngine(tokensPerStep: 16);
        Task<Generation> decoding = engine.Generate(Repeating);
        engine.Step();
        Task<Generation> reading = engine.Generate(TestEngine.Request(promptLength: 60, firstToken: 100));
        engine.StepUntilIdle();

        Assert.Equal([[10], [1, 15], [1, 15], [1, 15]], engine.Runner.Steps.Take(4));
        Assert.All(engine.Runner.Steps, step => Assert.InRange(step.Sum(), 1, 16));
        Assert.Contains(engine.Runner.Steps, step => step[0] > 2);
        Assert.Equal((40, 5), ((await decoding).TokenIds.Count, (await reading).TokenIds.Count));
    }

    [Fact]
    public async Task Step_RightGuesses_ArriveTogether()
    {
        await using TestEngine engine = CreateEngine();
        SequenceGroup group = engine.Engine.Submit(Repeating, new StopStrings([]));
        List<int> arrivals = [];
        while (engine.Step())
        {
            int count = 0;
            while (group.Output.TryRead(out SequenceOutput output))
            {
                count += output.Summary is null ? 1 : 0;
            }

            arrivals.Add(count);
        }

        Assert.Equal([1, .. engine.Runner.Steps.Skip(1).Select(step => step[0])], arrivals);
        Assert.Equal(40, arrivals.Sum());
    }

    // The text repeats after thirty tokens, and ends with each of them: what was guessed behind it is nowhere.
    [Theory]
    [InlineData(FinishReason.Stop)]
    [InlineData(FinishReason.Length)]
    public async Task Step_EndWithinARightGuess_EndsThere(FinishReason reason)
    {
        await using TestEngine engine = CreateEngine();
        engine.Runner.Logits = FakeModelRunner.Always(context => 100 + (context.Length % 30));
        for (int count = 2; count < 30; count++)
        {
            GenerationRequest request = TestEngine.Request(promptLength: 30, maxTokens: 40, firstToken: 100);
            request = reason == FinishReason.Length
                ? request with { MaxTokens = count }
                : request with { StopTokenIds = [100 + count - 1], IncludeStop = true };

            Generation generation = await engine.GenerateByHand(request);

            Assert.Equal(reason, generation.Summary.FinishReason);
            Assert.Equal(Enumerable.Range(100, count), generation.TokenIds);
            Assert.Equal(count, generation.Summary.GeneratedTokenCount);
            engine.AssertClean();
        }
    }

    [Fact]
    public async Task Step_StopStringWithinARightGuess_EndsThere()
    {
        await using TestEngine engine = CreateEngine();
        Generation generation = await engine.GenerateByHand(Repeating with { StopStrings = ["DEAB"], MinTokens = 9 });

        Assert.Equal("ABCDEABCDEABC", generation.Text);
        Assert.Equal("DEAB", generation.Summary.StopString);
        Assert.Equal(17, generation.Summary.GeneratedTokenCount);
    }

    [Fact]
    public async Task Step_ConstraintEndsWithinARightGuess_EndsThere()
    {
        await using TestEngine engine = CreateEngine();
        int[] text = [.. Round, .. Round, .. Round, 65, 66];
        Generation generation = await engine.GenerateByHand(
            Repeating with { Constraint = new FakeConstraint(256, text, [65, 70]) });

        Assert.Equal(text, generation.TokenIds);
        Assert.Equal(FinishReason.Stop, generation.Summary.FinishReason);
        Assert.InRange(engine.Runner.Steps.Count, 3, 14);
    }

    [Fact]
    public async Task Step_TimeLimit_LeavesTheTokensOfPlainDecoding()
    {
        await using TestEngine engine = CreateEngine();
        engine.Runner.BeforeRun = _ => engine.Time.Advance(TimeSpan.FromSeconds(1));

        Generation generation = await engine.GenerateByHand(Repeating with { TimeLimit = TimeSpan.FromSeconds(5) });

        Assert.Equal(FinishReason.TimeLimit, generation.Summary.FinishReason);
        Assert.InRange(generation.TokenIds.Count, 6, 39);
        Assert.Equal(Enumerable.Range(0, generation.TokenIds.Count).Select(i => Round[i % 5]), generation.TokenIds);
        engine.AssertClean();
    }

    private static TestEngine CreateEngine(int speculativeTokens = 4, int tokensPerStep = 32)
    {
        EngineOptions options = TestEngine.Options(tokensPerStep: tokensPerStep);
        options.SpeculativeTokens = speculativeTokens;
        return new TestEngine(options: options)
        {
            Runner = { Logits = FakeModelRunner.Always(context => Round[context.Length % 5]) },
        };
    }
}
