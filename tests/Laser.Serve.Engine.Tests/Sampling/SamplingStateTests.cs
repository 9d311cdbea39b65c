using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sampling;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Sampling;

public class SamplingStateTests
{
    private const int Vocabulary = 300;
    private const int Stop = 290;

    [Theory]
    [InlineData(1.3f, 0f, 0f)]
    [InlineData(0.7f, 0f, 0f)]
    [InlineData(1f, 0.5f, 0f)]
    [InlineData(1f, -2f, 0f)]
    [InlineData(1f, 0f, 0.25f)]
    [InlineData(1f, 0f, -1f)]
    [InlineData(1.8f, 0.3f, 0.7f)]
    public void TryAdjust_Penalties_AreThoseOfTheOracle(float repetition, float presence, float frequency)
    {
        GenerationRequest request = Request(new SamplingParams
        {
            RepetitionPenalty = repetition,
            PresencePenalty = presence,
            FrequencyPenalty = frequency,
        });

        AssertFollowsOracle(request, [5, 65, 5, 5, 120, 66, 120]);
    }

    // Prompt 65 66 67: a token of the prompt, one generated twice, one neither.
    [Fact]
    public void TryAdjust_Penalties_KnowPromptFromGenerated()
    {
        GenerationRequest request = Request(new SamplingParams
        {
            RepetitionPenalty = 2f,
            PresencePenalty = 0.5f,
            FrequencyPenalty = 0.25f,
        });
        float[] logits = new float[Vocabulary];
        (logits[65], logits[10], logits[11], logits[12]) = (4, 4, -4, 4);

        Adjust(StateAfter(request, [10, 11, 10]), logits);

        Assert.Equal((2f, 2f - 0.5f - 0.5f, -8f - 0.25f - 0.5f), (logits[65], logits[10], logits[11]));
        Assert.Equal(4f, logits[12]);
    }

    [Fact]
    public void TryAdjust_Rules_AreThoseOfTheOracle()
    {
        GenerationRequest request = Request(new SamplingParams
        {
            LogitBias = [new(3, 100f), new(7, -100f), new(Stop, 1.5f), new(200, 2f)],
            AllowedTokenIds = [3, 4, 7, 8, 9, 64, 255, 299],
            BannedTokenIds = [4, 64, 100],
            RepetitionPenalty = 1.5f,
        });

        AssertFollowsOracle(request, [3, 7, 7, 299]);
        AssertFollowsOracle(request with { MinTokens = 3 }, [3, 7, 7, 299]);
    }

    [Fact]
    public void TryAdjust_BannedStopToken_IsBanned()
    {
        float[] logits = new float[Vocabulary];

        Adjust(StateAfter(Request(new SamplingParams { BannedTokenIds = [Stop], AllowedTokenIds = [5] }), []), logits);

        Assert.Equal([5], Allowed(logits));
    }

    [Fact]
    public void TryAdjust_FewerThanMinTokens_BansStopTokensUntilThen()
    {
        GenerationRequest request = Request() with { MinTokens = 2 };
        SamplingState state = StateAfter(request, []);
        foreach (bool banned in new[] { true, true, false })
        {
            float[] logits = new float[Vocabulary];
            Assert.Equal(banned, state.Adjusts);

            Adjust(state, logits);

            Assert.Equal(Vocabulary - (banned ? 1 : 0), Allowed(logits).Length);
            state.Accept(5);
        }
    }

    // The texts 1, 1 2 and 1 2 300: the mask of 256 bits knows nothing of the ids behind.
    [Fact]
    public void TryAdjust_Constraint_AllowsItsTokensAndStopsWhereItCanEnd()
    {
        var constraint = new FakeConstraint(256, [1], [1, 2], [1, 2, 3]);
        SamplingState state = StateAfter(Request() with { Constraint = constraint }, []);

        AssertNext(state, [1], mustEnd: false);
        state.Accept(1);
        AssertNext(state, [2, Stop], mustEnd: false);
        state.Accept(2);
        AssertNext(state, [3, Stop], mustEnd: false);
        state.Accept(3);
        AssertNext(state, [Stop], mustEnd: true);
    }

    [Fact]
    public void TryAdjust_ConstraintThatNamesAStopToken_GetsItAtTheEndOnly()
    {
        var constraint = new FakeConstraint(Vocabulary, [1, Stop, 2], [1, 3]);
        SamplingState state = StateAfter(Request() with { Constraint = constraint }, [1]);

        AssertNext(state, [3], mustEnd: false);
    }

    [Fact]
    public void TryAdjust_ConstraintAndRules_AreThoseOfTheOracle()
    {
        int[][] texts = [[1, 2, 3], [1, 2], [1, 7, 8], [1, 9]];
        GenerationRequest request = Request(new SamplingParams
        {
            LogitBias = [new(2, 5f), new(Stop, -1f)],
            BannedTokenIds = [7],
            AllowedTokenIds = [1, 2, 3, 7, 8],
            FrequencyPenalty = 1f,
        });

        AssertFollowsOracle(request with { Constraint = new FakeConstraint(280, texts) }, [1, 2, 3]);
        AssertFollowsOracle(request with { Constraint = new FakeConstraint(280, texts), MinTokens = 3 }, [1]);
    }

    [Fact]
    public void TryAdjust_EmptyIntersection_SaysSo()
    {
        GenerationRequest request = Request(new SamplingParams { BannedTokenIds = [1] });
        SamplingState state = StateAfter(request with { Constraint = new FakeConstraint(256, [1, 2]) }, []);

        Assert.False(state.TryAdjust(new float[Vocabulary], out _));
        Assert.True(state.NothingAllowed);
    }

    [Fact]
    public void TryAdjust_ExtremeLogits_StayFinite()
    {
        var sampling = new SamplingParams { RepetitionPenalty = 1e-38f, LogitBias = [new(9, 100f)] };
        float[] logits = new float[Vocabulary];
        (logits[65], logits[66], logits[9]) = (float.MaxValue, float.MinValue, float.MaxValue);
        SamplingState state = StateAfter(Request(sampling), []);

        Assert.True(state.TryAdjust(logits, out float max));
        Assert.Equal(float.MaxValue, max);
        Assert.All(logits, logit => Assert.True(float.IsFinite(logit)));
    }

    [Fact]
    public void Adjusts_PlainRequest_IsFalse() => Assert.False(StateAfter(Request(), [1]).Adjusts);

    [Fact]
    public void Accept_StopToken_DoesNotReachTheConstraint()
    {
        SamplingState state = StateAfter(Request() with { Constraint = new FakeConstraint(256, [1], [1, 2]) }, [1]);

        state.Accept(Stop);

        Assert.False(state.MustEnd);
    }

    [Fact]
    public void Constructor_StopTokenBeyondTheVocabulary_IsNoToken()
    {
        GenerationRequest request = Request(new SamplingParams { AllowedTokenIds = [1] });

        AssertFollowsOracle(request with { StopTokenIds = [Stop, 5000, -1], MinTokens = 1 }, [1]);
    }

    private static GenerationRequest Request(SamplingParams? sampling = null) => TestEngine.Request(maxTokens: 20) with
    {
        Sampling = sampling ?? new SamplingParams(),
        StopTokenIds = [Stop],
    };

    private static SamplingState StateAfter(GenerationRequest request, IEnumerable<int> generated)
    {
        var state = new SamplingState(request, sequenceIndex: 0, Vocabulary);
        foreach (int id in generated)
        {
            state.Accept(id);
        }

        return state;
    }

    private static void Adjust(SamplingState state, float[] logits)
    {
        Assert.True(state.TryAdjust(logits, out float max));
        Assert.Equal(logits.Max(), max);
        Assert.False(state.NothingAllowed);
    }

    private static int[] Allowed(float[] logits) =>
        [.. Enumerable.Range(0, logits.Length).Where(id => !float.IsNegativeInfinity(logits[id]))];

    private static void AssertNext(SamplingState state, int[] expected, bool mustEnd)
    {
        float[] logits = [.. Enumerable.Range(0, Vocabulary).Select(id => id * 0.01f)];
        Adjust(state, logits);
        Assert.Equal(expected, Allowed(logits));
        Assert.All(expected, id => Assert.Equal(id * 0.01f, logits[id]));
        Assert.Equal(mustEnd, state.MustEnd);
    }

    // After each of the generated tokens.
    private static void AssertFollowsOracle(GenerationRequest request, int[] generated)
    {
        var random = new Random(3);
        SamplingState state = StateAfter(request, []);
        for (int count = 0; count <= generated.Length; count++)
        {
            float[] logits = [.. Enumerable.Range(0, Vocabulary).Select(_ => (float)((random.NextDouble() * 8) - 4))];
            double[] expected = SamplingOracle.Adjust(logits, request, generated[..count]);

            Adjust(state, logits);

            for (int id = 0; id < Vocabulary; id++)
            {
                Assert.True(Math.Abs(expected[id] - logits[id]) <= 1e-5 || expected[id] == logits[id]);
            }

            if (count < generated.Length)
            {
                state.Accept(generated[count]);
            }
        }
    }
}
