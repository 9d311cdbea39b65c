using Laser.Serve.Compute;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Speculation;

/// <summary>What is wrong with a wrong guess alone is nobody's fault; all else ends a request as it does without.</summary>
public class SpeculationFaultTests
{
    private const int Broken = 200;
    private static readonly int[] Round = [65, 66, 67, 68, 69];

    // Wrong guesses at every place of a block: in the first round the text has B for A now and then.
    [Theory]
    [InlineData(SequenceFault.ValueOutOfRange)]
    [InlineData(SequenceFault.NonFiniteOutput)]
    [InlineData(SequenceFault.RawPoolExhausted)]
    public async Task Step_FaultOfAWrongGuess_IsRepeatedWithoutIt(SequenceFault fault)
    {
        int faults = 0;
        for (int promptLength = 20; promptLength < 37; promptLength++)
        {
            GenerationRequest request = RandomRequest(promptLength);
            await using TestEngine plain = CreateEngine(speculativeTokens: 0);
            Generation expected = await plain.GenerateByHand(request);
            int[] right = [.. request.PromptTokenIds, .. expected.TokenIds];
            await using TestEngine engine = CreateEngine();
            engine.Runner.Fault = context =>
            {
                bool wrong = !right.AsSpan().StartsWith(context);
                faults += wrong ? 1 : 0;
                return wrong ? fault : SequenceFault.None;
            };

            Generation generation = await engine.GenerateByHand(request);

            Assert.Equal(expected.TokenIds, generation.TokenIds);
            engine.AssertClean();
        }

        Assert.InRange(faults, 30, 1000);
    }

    // The step before has filled a block: that of the guess begins one, and nothing of it remains.
    [Fact]
    public async Task Step_FaultInABlockThatTheStepBegan_IsRepeatedWithoutIt()
    {
        await using TestEngine engine = CreateEngine();
        engine.Runner.Logits = FakeModelRunner.Always(context => Round[context.Length % 5]);
        engine.Runner.Fault = context => engine.Runner.Steps[^1][0] is > 1 and < 16 && context.Length > 16
            ? SequenceFault.ValueOutOfRange
            : SequenceFault.None;
        GenerationRequest request = TestEngine.Request(maxTokens: 4) with
        {
            PromptTokenIds = [.. Round, .. Round, .. Round, 65],
        };

        Generation generation = await engine.GenerateByHand(request);

        Assert.Equal([66, 67, 68, 69], generation.TokenIds);
        Assert.Equal([[16], [3], [1], [1], [1]], engine.Runner.Steps);
        engine.AssertClean();
    }

    [Fact]
    public async Task Step_FaultThatRemainsWithoutTheGuess_EndsTheRequest()
    {
        await using TestEngine engine = CreateEngine();
        engine.Runner.Logits = FakeModelRunner.Always(context => Round[context.Length % 5]);
        engine.Runner.Fault = context => context.Length > 12 ? SequenceFault.ValueOutOfRange : SequenceFault.None;
        Task<Generation> other = engine.Generate(TestEngine.Request(promptLength: 1, maxTokens: 9, firstToken: 90));

        EngineException exception = await Assert.ThrowsAsync<EngineException>(() => engine.GenerateByHand(
            TestEngine.Request(maxTokens: 9) with { PromptTokenIds = [.. Round, .. Round] }));

        Assert.Equal(EngineError.NonFinite, exception.Error);
        Assert.Equal(9, (await other).TokenIds.Count);
        engine.AssertClean();
    }

    [Fact]
    public async Task Step_LogitsOfAWrongGuessNotFinite_AreNotLookedAt()
    {
        GenerationRequest request = RandomRequest(30);
        await using TestEngine plain = CreateEngine(speculativeTokens: 0);
        Generation expected = await plain.GenerateByHand(request);
        int[] right = [.. request.PromptTokenIds, .. expected.TokenIds];
        await using TestEngine engine = CreateEngine();
        int poisoned = 0;
        engine.Runner.Logits = (context, logits) =>
        {
            RepeatingText.Logits(context, logits);
            if (!right.AsSpan().StartsWith(context))
            {
                logits.Fill(float.NaN);
                poisoned++;
            }
        };

        Assert.Equal(expected.TokenIds, (await engine.GenerateByHand(request)).TokenIds);
        Assert.InRange(poisoned, 3, 1000);
    }

    [Fact]
    public async Task Step_LogitsBehindARightGuessNotFinite_EndTheRequestAfterTheSameTokens()
    {
        await using TestEngine engine = CreateEngine();
        engine.Runner.Logits = (context, logits) =>
        {
            logits.Clear();
            logits[Round[context.Length % 5]] = context.Length == 22 ? float.NaN : 9;
        };
        List<int> tokens = [];
        GenerationRequest request =
            TestEngine.Request(maxTokens: 30) with { PromptTokenIds = [.. Round, .. Round] };
        Task reading = Read(engine, request, tokens);

        engine.StepUntilIdle();

        EngineException exception = await Assert.ThrowsAsync<EngineException>(() => reading);
        Assert.Equal(EngineError.NonFinite, exception.Error);
        Assert.Equal(Enumerable.Range(10, 12).Select(position => Round[position % 5]), tokens);
        engine.AssertClean();
    }

    [Fact]
    public async Task Step_GuessCannotBeTakenBack_EndsThatRequestOnly()
    {
        await using TestEngine engine = CreateEngine();
        engine.Runner.TruncateFailure = new InvalidOperationException("not that row");
        engine.Runner.Logits = FakeModelRunner.Always(
            context => context[0] == Broken && context.Length == 11 ? 99 : Round[context.Length % 5]);
        Task<Generation> other = engine.Generate(
            TestEngine.Request(maxTokens: 30) with { PromptTokenIds = [.. Round, .. Round] });

        EngineException exception = await Assert.ThrowsAsync<EngineException>(() => engine.GenerateByHand(
            TestEngine.Request(maxTokens: 30) with { PromptTokenIds = [Broken, .. Round[1..], .. Round] }));

        Assert.Equal(EngineError.StepFailed, exception.Error);
        Assert.Contains("not that row", exception.Message, StringComparison.Ordinal);
        Assert.Equal(30, (await other).TokenIds.Count);
        engine.AssertClean();
    }

    private static async Task Read(TestEngine engine, GenerationRequest request, List<int> tokens)
    {
        await foreach (TokenOutput output in engine.Engine.GenerateAsync(request, CancellationToken.None))
        {
            tokens.AddRange(output.TokenIds);
        }
    }

    private static GenerationRequest RandomRequest(int promptLength) => TestEngine.Request(maxTokens: 100) with
    {
        PromptTokenIds = RepeatingText.Prompt(new Random(promptLength), promptLength),
        Sampling = new SamplingParams { Seed = (ulong)promptLength },
    };

    private static TestEngine CreateEngine(int speculativeTokens = 4)
    {
        EngineOptions options = TestEngine.Options();
        options.SpeculativeTokens = speculativeTokens;
        return new TestEngine(options: options) { Runner = { Logits = RepeatingText.Logits } };
    }
}
