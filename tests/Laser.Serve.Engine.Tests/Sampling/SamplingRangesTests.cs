using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sampling;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Sampling;

public class SamplingRangesTests
{
    private const int Vocabulary = 300;

    public static TheoryData<SamplingParams> Bad =>
    [
        .. new[] { -0.1f, 100.1f, float.NaN }.Select(x => new SamplingParams { Temperature = x }),
        new() { TopK = -1 },
        .. new[] { 0f, 1.1f, float.NaN }.Select(x => new SamplingParams { TopP = x }),
        .. new[] { -0.1f, 1.1f, float.NaN }.Select(x => new SamplingParams { MinP = x }),
        .. new[] { 0f, 1.1f, float.NaN }.Select(x => new SamplingParams { TypicalP = x }),
        .. new[] { 0f, 100.1f, float.NaN }.Select(x => new SamplingParams { RepetitionPenalty = x }),
        .. new[] { -2.1f, 2.1f, float.NaN }.Select(x => new SamplingParams { PresencePenalty = x }),
        .. new[] { -2.1f, 2.1f, float.NaN }.Select(x => new SamplingParams { FrequencyPenalty = x }),
        .. new[] { -100.1f, 100.1f, float.NaN }.Select(x => new SamplingParams { LogitBias = [new(0, x)] }),
        .. new[] { -1, Vocabulary }.Select(id => new SamplingParams { LogitBias = [new(id, 1)] }),
        .. new[] { -1, Vocabulary }.Select(id => new SamplingParams { AllowedTokenIds = [0, id] }),
        .. new[] { -1, Vocabulary }.Select(id => new SamplingParams { BannedTokenIds = [0, id] }),
    ];

    [Theory]
    [MemberData(nameof(Bad))]
    public void FindError_SamplingOutOfRange_FindsIt(SamplingParams sampling) =>
        Assert.NotNull(SamplingRanges.FindError(TestEngine.Request() with { Sampling = sampling }, Vocabulary));

    [Theory]
    [InlineData(-1, null, 0, "TopLogprobs -1 is out of range.")]
    [InlineData(21, null, 0, "TopLogprobs 21 is out of range.")]
    [InlineData(null, 21, 0, "PromptTopLogprobs 21 is out of range.")]
    [InlineData(null, null, -1, "MinTokens -1 is out of range.")]
    [InlineData(null, null, 6, "MinTokens 6 is out of range.")]
    [InlineData(20, 0, 5, null)]
    public void FindError_Counts_AreChecked(int? top, int? promptTop, int minTokens, string? error)
    {
        GenerationRequest request = TestEngine.Request(maxTokens: 5) with
        {
            TopLogprobs = top,
            PromptTopLogprobs = promptTop,
            MinTokens = minTokens,
        };

        Assert.Equal(error, SamplingRanges.FindError(request, Vocabulary));
    }

    [Theory]
    [InlineData(0f, 0f, 1e-30f, 1f, 1e-30f, -2f, -100f)]
    [InlineData(100f, 1f, 1f, 1e-30f, 100f, 2f, 100f)]
    public void FindError_EndsOfTheRanges_AreWithin(
        float temperature, float minP, float topP, float typicalP, float repetition, float other, float bias)
    {
        var sampling = new SamplingParams
        {
            Temperature = temperature,
            TopK = int.MaxValue,
            MinP = minP,
            TopP = topP,
            TypicalP = typicalP,
            RepetitionPenalty = repetition,
            PresencePenalty = other,
            FrequencyPenalty = other,
            LogitBias = [new(0, bias)],
            AllowedTokenIds = [Vocabulary - 1],
            BannedTokenIds = [0],
        };

        Assert.Null(SamplingRanges.FindError(TestEngine.Request() with { Sampling = sampling }, Vocabulary));
    }
}
