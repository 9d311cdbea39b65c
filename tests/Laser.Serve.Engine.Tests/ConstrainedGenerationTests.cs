using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests;

/// <summary>What may come next, and how a text ends by it.</summary>
public class ConstrainedGenerationTests
{
    private const int Stop = 299;

    [Theory]
    [InlineData(0f)]
    [InlineData(1.5f)]
    public async Task Generate_Constraint_GivesOneOfItsTextsAndEnds(float temperature)
    {
        int[][] texts = [FakeTokenizer.Tokens("north"), FakeTokenizer.Tokens("nowhere"), FakeTokenizer.Tokens("south")];
        await using var engine = new TestEngine();
        for (ulong seed = 0; seed < 10; seed++)
        {
            GenerationRequest request = Request(new FakeConstraint(256, texts)) with
            {
                Sampling = new SamplingParams { Temperature = temperature, Seed = seed },
            };

            Generation generation = await engine.GenerateByHand(request);

            Assert.Contains(texts, generation.TokenIds.SequenceEqual);
            Assert.Equal(FinishReason.Stop, generation.Summary.FinishReason);
            Assert.Null(generation.Summary.StopTokenId);
            Assert.Equal(generation.TokenIds.Count, generation.Summary.GeneratedTokenCount);
        }

        engine.AssertClean();
    }

    [Fact]
    public async Task Generate_TextThatCouldGoOn_EndsByAStopToken()
    {
        await using var engine = new TestEngine();
        engine.Runner.Logits = FakeModelRunner.Always(_ => Stop);

        Generation generation = await engine.GenerateByHand(Request(new FakeConstraint(256, [65, 66], [65, 66, 67])));

        Assert.Equal([65, 66], generation.TokenIds);
        Assert.Equal(Stop, generation.Summary.StopTokenId);
    }

    // The text is complete with the last token that may be generated: it is not cut off.
    [Fact]
    public async Task Generate_CompleteWithTheLastToken_IsAStop()
    {
        await using var engine = new TestEngine();
        GenerationRequest request = Request(new FakeConstraint(256, [65, 66, 67]));

        Generation complete = await engine.GenerateByHand(request with { MaxTokens = 3 });
        Generation cut = await engine.GenerateByHand(request with { MaxTokens = 2 });

        Assert.Equal(FinishReason.Stop, complete.Summary.FinishReason);
        Assert.Equal(FinishReason.Length, cut.Summary.FinishReason);
    }

    [Fact]
    public async Task Generate_MinTokens_HoldsTheStopTokenBack()
    {
        await using var engine = new TestEngine();
        engine.Runner.Logits = (_, logits) =>
        {
            logits.Clear();
            (logits[Stop], logits[65]) = (9, 8);
        };

        Generation generation = await engine.GenerateByHand(
            TestEngine.Request(maxTokens: 10) with { StopTokenIds = [Stop], MinTokens = 4 });

        Assert.Equal([65, 65, 65, 65], generation.TokenIds);
        Assert.Equal(Stop, generation.Summary.StopTokenId);
    }

    [Fact]
    public async Task Generate_NothingAllowed_FailsThatRequestOnly()
    {
        await using var engine = new TestEngine();
        GenerationRequest request = Request(new FakeConstraint(256, [65, 66]));
        Task<Generation> stuck = engine.Generate(
            request with { Sampling = new SamplingParams { BannedTokenIds = [66] } });
        Task<Generation> healthy = engine.Generate(request);

        engine.StepUntilIdle();

        EngineException exception = await Assert.ThrowsAsync<EngineException>(() => stuck);
        Assert.Equal(EngineError.NothingAllowed, exception.Error);
        Assert.Equal(
            "No token may come next: allowed and banned tokens, the constraint and the least token count exclude all.",
            exception.Message);
        Assert.Equal([65, 66], (await healthy).TokenIds);
        engine.AssertClean();
    }

    // Both at once is the failure of the model: a row that is not finite is not looked at for what is allowed.
    [Fact]
    public async Task Generate_LogitsNotFiniteAfterNothingElse_IsNonFinite()
    {
        await using var engine = new TestEngine();
        engine.Runner.Logits = (_, logits) => logits.Fill(float.NaN);

        EngineException exception = await Assert.ThrowsAsync<EngineException>(
            () => engine.GenerateByHand(Request(new FakeConstraint(256, [65, 66]))));

        Assert.Equal(EngineError.NonFinite, exception.Error);
    }

    private static GenerationRequest Request(FakeConstraint constraint) =>
        TestEngine.Request(maxTokens: 20) with { Constraint = constraint, StopTokenIds = [Stop] };
}
