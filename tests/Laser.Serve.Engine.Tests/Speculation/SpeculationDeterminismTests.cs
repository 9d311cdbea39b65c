using System.Diagnostics.Metrics;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Speculation;

/// <summary>
/// Requests of all kinds in thousands of random schedules, with guesses that are often right and often wrong: each has
/// the tokens, and every bit of every log-probability, that it has alone and without guesses.
/// </summary>
public class SpeculationDeterminismTests
{
    private const int ScheduleCount = 2000;
    private const int RequestCount = 48;

    [Fact]
    public async Task Generate_AnySchedule_GivesTheTokensOfPlainDecoding()
    {
        GenerationRequest[] requests = [.. Enumerable.Range(0, RequestCount).Select(Request)];
        List<Generation[]> expected = [];
        foreach (GenerationRequest request in requests)
        {
            await using var alone = new TestEngine(CreateRunner(), TestEngine.Options(tokensPerStep: 1024));
            expected.Add(await alone.GenerateAllByHand(request));
        }

        (long drafted, long accepted) = (0, 0);
        for (int schedule = 0; schedule < ScheduleCount; schedule++)
        {
            var meter = new Meter("speculation");
            using var counts = new SpeculationCounts(meter);
            await AssertSame(requests, expected, new Random(schedule), meter);
            (drafted, accepted) = (drafted + counts.Drafted, accepted + counts.Accepted);
        }

        Assert.True(drafted > 10 * ScheduleCount, $"Only {drafted} tokens were guessed.");
        Assert.InRange(accepted, drafted / 4, drafted * 3 / 4);
    }

    // The meter is the engine's from now on.
    private static async Task AssertSame(
        GenerationRequest[] requests, List<Generation[]> expected, Random random, Meter meter)
    {
        EngineOptions options = TestEngine.Options(running: random.Next(3, 8), tokensPerStep: random.Next(16, 64));
        options.SpeculativeTokens = random.Next(1, 17);
        options.SpeculativeNgram = random.Next(2, 6);
        options.PrefixCache = random.Next(4) > 0;
        await using var engine = new TestEngine(CreateRunner(), options, meter: meter);
        using var cancellation = new CancellationTokenSource();
        Task cancelled = engine.GenerateAll(requests[random.Next(RequestCount)], cancellation.Token);
        List<(int Number, Task<Generation[]> Generations)> submitted = [];
        while (submitted.Count < 5)
        {
            int number = random.Next(RequestCount);
            submitted.Add((number, engine.GenerateAll(requests[number])));
            for (int steps = random.Next(8); steps > 0; steps--)
            {
                engine.Step();
            }
        }

        await cancellation.CancelAsync();
        engine.StepUntilIdle();
        await Task.WhenAny(cancelled);
        foreach ((int number, Task<Generation[]> generations) in submitted)
        {
            AssertSame(expected[number], await generations);
        }

        engine.AssertClean();
    }

    private static void AssertSame(Generation[] expected, Generation[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        foreach ((Generation one, Generation other) in expected.Zip(actual))
        {
            Assert.Equal(one.TokenIds, other.TokenIds);
            Assert.Equal(one.Text, other.Text);
            Assert.Equal(one.LogprobBits, other.LogprobBits);
            Assert.Equal(one.Summary.FinishReason, other.Summary.FinishReason);
            Assert.Equal(one.Summary.StopTokenId, other.Summary.StopTokenId);
            Assert.Equal(one.Summary.StopString, other.Summary.StopString);
            Assert.Equal(one.Summary.GeneratedTokenCount, other.Summary.GeneratedTokenCount);
        }
    }

    private static FakeModelRunner CreateRunner() => new() { Logits = RepeatingText.Logits };

    private static GenerationRequest Request(int number)
    {
        var random = new Random(7000 + number);
        int[] prompt = RepeatingText.Prompt(random, random.Next(1, 70));
        bool constrained = number % 7 == 0;
        return TestEngine.Request(maxTokens: random.Next(5, 50)) with
        {
            PromptTokenIds = prompt,
            SequenceCount = number % 5 == 0 ? 3 : 1,
            Constraint = constrained ? ConstraintOf(random) : null,
            StopTokenIds = number % 3 == 0 ? [constrained ? 299 : RepeatingText.FirstLetter + 5] : [],
            StopStrings = number % 4 == 0 ? ["ABCA", "CCC"] : [],
            MinTokens = number % 6 == 0 ? 4 : 0,
            TopLogprobs = number % 2 == 0 ? number % 4 : null,
            PromptTopLogprobs = number % 11 == 0 ? 1 : null,
            Sampling = SamplingOf(number),
        };
    }

    private static SamplingParams SamplingOf(int number) => new()
    {
        Seed = (ulong)number,
        Temperature = number % 3 == 0 ? 0 : 1,
        TopK = number % 5 == 1 ? 4 : 0,
        TopP = number % 5 == 2 ? 0.9f : 1,
        RepetitionPenalty = number % 8 == 1 ? 1.05f : 1,
        FrequencyPenalty = number % 8 == 2 ? 0.1f : 0,
        LogitBias = number % 8 == 3 ? [KeyValuePair.Create(66, 0.7f)] : [],
        BannedTokenIds = number % 8 == 4 && number % 7 > 0 ? [67] : [],
    };

    private static FakeConstraint ConstraintOf(Random random) =>
        new(256, [.. Enumerable.Range(0, 40).Select(_ => RepeatingText.Prompt(random, random.Next(5, 40)))]);
}
