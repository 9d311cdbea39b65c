using Laser.Serve.Engine.Execution;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests;

public class EngineLimitsTests
{
    [Fact]
    public void FindErrors_Defaults_FindsNone() => Assert.Empty(new EngineOptions().FindErrors());

    [Fact]
    public void FindErrors_EachOptionWrong_NamesEach()
    {
        var options = new EngineOptions
        {
            MaxRunningSequences = 0,
            MaxTokensPerStep = 65537,
            TargetStepMilliseconds = -1,
            MaxQueuedRequests = -1,
            MaxQueuedPromptTokens = 0,
            SkipAheadSeconds = -1,
            MaxContextLength = 1,
            KvCacheMebibytes = 0,
            SpeculativeTokens = 17,
            SpeculativeNgram = 1,
            StallSeconds = -1,
            Admission = (AdmissionMode)2,
            BlockSize = 48,
        };

        Assert.Equal(
            [
                "MaxRunningSequences is 0; it must be 1 to 1024.",
                "MaxTokensPerStep is 65537; it must be 16 to 65536.",
                "TargetStepMilliseconds is -1; it must be 0 to 60000.",
                "MaxQueuedRequests is -1; it must be 1 to 100000.",
                "MaxQueuedPromptTokens is 0; it must be 1 to 1000000000.",
                "SkipAheadSeconds is -1; it must be 0 to 3600.",
                "KvCacheMebibytes is 0; it must be 1 to 1048576.",
                "SpeculativeTokens is 17; it must be 0 to 16.",
                "SpeculativeNgram is 1; it must be 2 to 8.",
                "StallSeconds is -1; it must be 0 to 86400.",
                "MaxContextLength is 1; it must be 2 to 2147483647.",
                "Admission is 2; it must be Reserve or Optimistic.",
                "BlockSize is 48; it must be 16, 32, 64 or 128.",
            ],
            options.FindErrors());
    }

    [Fact]
    public void FindErrors_BudgetBelowSequences_SaysSo()
    {
        var options = new EngineOptions { MaxRunningSequences = 64, MaxTokensPerStep = 63 };

        string error = Assert.Single(options.FindErrors());
        Assert.Contains("at least MaxRunningSequences (64)", error, StringComparison.Ordinal);
    }

    [Fact]
    public void From_RunnerNotMadeForTheOptions_SaysWhy()
    {
        var runner = new FakeModelRunner(openSlotCount: 4, maxContextLength: 100, vocabularySize: int.MaxValue / 2);
        var options = new EngineOptions { MaxContextLength = 101 };

        string message = Assert.Throws<ArgumentException>(() => EngineLimits.From(options, runner)).Message;

        Assert.Contains("the cache has 4 open slots", message, StringComparison.Ordinal);
        Assert.Contains("the model has 100 positions", message, StringComparison.Ordinal);
        Assert.Contains("do not fit one buffer", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, 64, 1000, 1000)]
    [InlineData(50, 64, 1000, 50)]
    [InlineData(null, 4, 1000, 64)]
    public void From_SequenceLength_IsTheLeastOfOptionModelAndCache(
        int? option, int blockCount, int model, int expected)
    {
        var runner = new FakeModelRunner(blockCount, openSlotCount: 32, maxContextLength: model);

        EngineLimits limits = EngineLimits.From(new EngineOptions { MaxContextLength = option }, runner);

        Assert.Equal(expected, limits.MaxSequenceLength);
    }

    [Fact]
    public void WhyTooLong_AtTheLimit_IsNullAndOneMoreHasFigures()
    {
        var runner = new FakeModelRunner(blockCount: 4, openSlotCount: 32);
        EngineLimits limits = EngineLimits.From(new EngineOptions(), runner);

        Assert.Null(limits.WhyTooLong(TestEngine.Request(promptLength: 60, maxTokens: 4)));
        Assert.Equal(
            "A prompt of 60 tokens and 5 to generate make 65; the limit is 64.",
            limits.WhyTooLong(TestEngine.Request(promptLength: 60, maxTokens: 5)));
        Assert.NotNull(limits.WhyTooLong(TestEngine.Request(promptLength: 60, maxTokens: int.MaxValue)));
    }

    [Theory]
    [InlineData(new int[0], 1)]
    [InlineData(new[] { 300 }, 1)]
    [InlineData(new[] { -1 }, 1)]
    [InlineData(new[] { 5 }, 0)]
    public void ThrowIfMalformed_RequestNobodyChecked_Throws(int[] prompt, int maxTokens)
    {
        EngineLimits limits = EngineLimits.From(new EngineOptions(), new FakeModelRunner(openSlotCount: 32));

        Assert.Throws<ArgumentException>(() =>
            limits.ThrowIfMalformed(TestEngine.Request() with { PromptTokenIds = prompt, MaxTokens = maxTokens }));
    }

    [Fact]
    public void ThrowIfMalformed_SamplingOutOfRange_SaysWhat()
    {
        EngineLimits limits = EngineLimits.From(new EngineOptions(), new FakeModelRunner(openSlotCount: 32));
        GenerationRequest request = TestEngine.Request() with { Sampling = new SamplingParams { MinP = 1.5f } };

        string message = Assert.Throws<ArgumentException>(() => limits.ThrowIfMalformed(request)).Message;

        Assert.StartsWith("MinP 1.5 is out of range.", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(32, 256, 0, 64)]
    [InlineData(32, 40, 0, 40)]
    [InlineData(16, 16, 0, 16)]
    [InlineData(1, 256, 0, 33)]
    [InlineData(32, 256, 4, 192)]
    [InlineData(32, 256, 16, 256)]
    public void From_LogitRows_AreOnePerSequenceAndGuessAndSomeMore(int running, int tokens, int guesses, int rows)
    {
        var options = new EngineOptions
        {
            MaxRunningSequences = running,
            MaxTokensPerStep = tokens,
            SpeculativeTokens = guesses,
        };

        EngineLimits limits = EngineLimits.From(options, new FakeModelRunner(openSlotCount: 32));

        Assert.Equal(rows, limits.MaxLogitRows);
        Assert.Equal(rows, ModelRunner.ModelOptions(options).MaxLogitRows);
    }

    public static TheoryData<string, GenerationRequest> OutOfRange
    {
        get
        {
            GenerationRequest request = TestEngine.Request(maxTokens: 5);
            return new TheoryData<string, GenerationRequest>
            {
                { "The number of sequences is 0", request with { SequenceCount = 0 } },
                { "The least number of tokens is -1", request with { MinTokens = -1 } },
                { "The least number of tokens is 6; it must be 0 to 5", request with { MinTokens = 6 } },
                { "The number of log-probabilities is -1", request with { TopLogprobs = -1 } },
                { "The number of log-probabilities is 21", request with { TopLogprobs = 21 } },
                { "The number of log-probabilities of the prompt is -1", request with { PromptTopLogprobs = -1 } },
                { "The number of log-probabilities of the prompt is 21", request with { PromptTopLogprobs = 21 } },
                { "The priority is 101", request with { Priority = 101 } },
                { "The priority is -101", request with { Priority = -101 } },
                { "The time limit is 00:00:00", request with { TimeLimit = TimeSpan.Zero } },
                { "The time limit is -00:00:01", request with { TimeLimit = TimeSpan.FromSeconds(-1) } },
            };
        }
    }

    [Theory]
    [MemberData(nameof(OutOfRange), DisableDiscoveryEnumeration = true)]
    public void ThrowIfMalformed_NumberOutOfRange_SaysWhich(string problem, GenerationRequest request)
    {
        EngineLimits limits = EngineLimits.From(new EngineOptions(), new FakeModelRunner(openSlotCount: 32));

        string message = Assert.Throws<ArgumentException>(() => limits.ThrowIfMalformed(request)).Message;

        Assert.StartsWith(problem, message, StringComparison.Ordinal);
    }

    [Fact]
    public void ThrowIfMalformed_NumbersAtTheirLimits_Passes()
    {
        EngineLimits limits = EngineLimits.From(new EngineOptions(), new FakeModelRunner(openSlotCount: 32));

        limits.ThrowIfMalformed(TestEngine.Request(maxTokens: 5) with
        {
            SequenceCount = 32,
            MinTokens = 5,
            TopLogprobs = 20,
            PromptTopLogprobs = 0,
            Priority = -100,
            TimeLimit = TimeSpan.FromTicks(1),
        });
    }
}
