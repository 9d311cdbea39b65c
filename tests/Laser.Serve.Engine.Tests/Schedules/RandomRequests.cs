using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Schedules;

/// <summary>Requests of all kinds, many of which begin alike.</summary>
internal static class RandomRequests
{
    /// <summary>Most tokens of one, prompt and generated ones together.</summary>
    public const int LongestSequence = 110 + 24;

    /// <summary>Most sequences of one.</summary>
    public const int MostSequences = 3;

    /// <summary>Makes requests with tokens below a number.</summary>
    public static GenerationRequest[] Create(int seed, int count, int tokenEnd)
    {
        var random = new Random(seed);
        int[][] beginnings = [.. Enumerable.Range(0, 3).Select(_ => Tokens(random, 100, tokenEnd))];
        return [.. Enumerable.Range(0, count).Select(number => Create(random, number, beginnings, tokenEnd))];
    }

    private static GenerationRequest Create(Random random, int number, int[][] beginnings, int tokenEnd)
    {
        int[] beginning = beginnings[random.Next(beginnings.Length)][..random.Next(101)];
        bool isConstrained = random.Next(5) == 0;
        int[][] texts = [.. Enumerable.Range(0, 100).Select(_ => Tokens(random, random.Next(1, 20), tokenEnd))];
        return new GenerationRequest
        {
            Id = $"{number}",
            PromptTokenIds = [.. beginning, .. Tokens(random, random.Next(1, 11), tokenEnd)],
            MaxTokens = random.Next(1, 25),
            SequenceCount = random.Next(4) == 0 ? random.Next(2, MostSequences + 1) : 1,
            Constraint = isConstrained ? new FakeConstraint(tokenEnd, texts) : null,
            StopTokenIds = isConstrained ? [] : [random.Next(tokenEnd), random.Next(tokenEnd)],
            TopLogprobs = random.Next(2) == 0 ? 0 : null,
            PromptTopLogprobs = random.Next(8) == 0 ? 0 : null,
            Priority = random.Next(3),
            UsePrefixCache = random.Next(10) > 0,
            Sampling = new SamplingParams
            {
                Temperature = random.Next(4) == 0 ? 0 : 1.2f,
                TopK = random.Next(3) == 0 ? 40 : 0,
                TopP = random.Next(3) == 0 ? 0.9f : 1,
                RepetitionPenalty = random.Next(3) == 0 ? 1.1f : 1,
                Seed = (ulong)number,
            },
        };
    }

    private static int[] Tokens(Random random, int count, int end) =>
        [.. Enumerable.Range(0, count).Select(_ => random.Next(end))];
}
