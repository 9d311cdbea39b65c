using Laser.Serve.Compute;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Tests.Fakes;
using Laser.Serve.StructuredOutput;

namespace Laser.Serve.Engine.Tests;

public class FaultTests
{
    private const int Poison = 200;

    [Theory]
    [InlineData(SequenceFault.ValueOutOfRange, EngineError.NonFinite)]
    [InlineData(SequenceFault.NonFiniteOutput, EngineError.NonFinite)]
    [InlineData(SequenceFault.RawPoolExhausted, EngineError.CacheExhausted)]
    public async Task Step_FaultOfOneSequence_EndsThatOneOnly(SequenceFault fault, EngineError error)
    {
        await using var engine = new TestEngine();
        engine.Runner.Fault = context => context[0] == Poison ? fault : SequenceFault.None;

        await AssertOnlyThePoisonedFails(engine, error);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public async Task Step_LogitsNotFinite_EndThatSequenceOnly(float logit)
    {
        await using var engine = new TestEngine();
        engine.Runner.Logits = (context, logits) =>
        {
            FakeModelRunner.PseudoRandomLogits(context, logits);
            if (context[0] == Poison && context.Length > 4)
            {
                logits[17] = logit;
            }
        };

        await AssertOnlyThePoisonedFails(engine, EngineError.NonFinite);
    }

    [Fact]
    public async Task Step_FaultInAnUnfinishedPrompt_EndsTheSequence()
    {
        await using var engine = new TestEngine(options: TestEngine.Options(tokensPerStep: 16));
        engine.Runner.Fault = _ => SequenceFault.ValueOutOfRange;
        Task<Generation> generation = engine.Generate(TestEngine.Request(promptLength: 40));

        engine.Step();

        await Assert.ThrowsAsync<EngineException>(() => generation);
        engine.AssertClean();
    }

    [Fact]
    public async Task Step_RunThrows_FailsThoseOfTheStepAndGoesOn()
    {
        await using var engine = new TestEngine(options: TestEngine.Options(running: 2));
        Task<Generation> first = engine.Generate(TestEngine.Request());
        Task<Generation> second = engine.Generate(TestEngine.Request());
        Task<Generation> waiting = engine.Generate(TestEngine.Request());
        engine.Runner.BeforeRun = _ => throw new InvalidOperationException("device lost");
        engine.Step();
        engine.Runner.BeforeRun = null;

        engine.StepUntilIdle();

        foreach (Task<Generation> failed in new[] { first, second })
        {
            EngineException exception = await Assert.ThrowsAsync<EngineException>(() => failed);
            Assert.Equal(EngineError.StepFailed, exception.Error);
            Assert.Contains("device lost", exception.Message, StringComparison.Ordinal);
            Assert.IsType<InvalidOperationException>(exception.InnerException);
        }

        Assert.Equal(5, (await waiting).TokenIds.Count);
        engine.AssertClean();
    }

    [Fact]
    public async Task Step_ConstraintThrows_EndsThatRequestOnly()
    {
        await using var engine = new TestEngine();
        Task<Generation> before = engine.Generate(TestEngine.Request(firstToken: 10));
        Task<Generation> broken = engine.Generate(TestEngine.Request() with { Constraint = new ThrowingConstraint() });
        Task<Generation> after = engine.Generate(TestEngine.Request(firstToken: 30));

        engine.StepUntilIdle();

        EngineException exception = await Assert.ThrowsAsync<EngineException>(() => broken);
        Assert.Equal(EngineError.StepFailed, exception.Error);
        Assert.Contains("no such state", exception.Message, StringComparison.Ordinal);
        Assert.Equal(5, (await before).TokenIds.Count);
        Assert.Equal(5, (await after).TokenIds.Count);
        engine.AssertClean();
    }

    private static async Task AssertOnlyThePoisonedFails(TestEngine engine, EngineError error)
    {
        GenerationRequest healthy = TestEngine.Request(firstToken: 10);
        GenerationRequest alsoHealthy = TestEngine.Request(firstToken: 30);
        Task<Generation> before = engine.Generate(healthy);
        Task<Generation> poisoned = engine.Generate(TestEngine.Request(firstToken: Poison));
        Task<Generation> after = engine.Generate(alsoHealthy);

        engine.StepUntilIdle();

        Assert.Equal(error, (await Assert.ThrowsAsync<EngineException>(() => poisoned)).Error);
        await using var other = new TestEngine();
        Assert.Equal((await other.GenerateByHand(healthy)).TokenIds, (await before).TokenIds);
        Assert.Equal((await other.GenerateByHand(alsoHealthy)).TokenIds, (await after).TokenIds);
        engine.AssertClean();
    }

    private sealed class ThrowingConstraint : TokenConstraint
    {
        public override int StartState => 0;

        public override ReadOnlySpan<ulong> AllowedTokens(int state) =>
            throw new InvalidOperationException("no such state");

        public override int Advance(int state, int tokenId) => 0;

        public override bool CanEnd(int state) => true;

        public override bool MustEnd(int state) => false;
    }
}
