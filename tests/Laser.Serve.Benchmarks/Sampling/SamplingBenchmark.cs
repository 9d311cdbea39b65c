using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Benchmarks.Sampling;

/// <summary>
/// Time to choose one token from a row of logits, without the copying of the row that the benchmark itself needs. The
/// cases take turns, so that what disturbs the machine disturbs them all.
/// </summary>
internal static class SamplingBenchmark
{
    private static readonly SamplingParams Greedy = new() { Temperature = 0 };
    private static readonly SamplingParams Filtered = new() { Temperature = 0.8f, TopK = 50, TopP = 0.95f };

    private static readonly SamplingParams Flat = new() { Temperature = 100, TopP = 0.95f };

    public static List<SamplingCase> Run(int vocabularySize, int rounds)
    {
        List<SamplingCase> cases = CreateCases(vocabularySize);
        float[][] rows = [.. Enumerable.Range(0, 8).Select(seed => Logits(seed, vocabularySize))];
        var row = new float[vocabularySize];
        var random = new Random(3);
        int warmUps = rounds / 4;
        for (int round = 0; round < warmUps + rounds; round++)
        {
            // In a new order each time: a case leaves its mark in the processor's caches.
            foreach (SamplingCase one in cases.OrderBy(_ => random.Next()))
            {
                rows[round % rows.Length].CopyTo(row, 0);
                one.Run(row, counts: round >= warmUps);
            }
        }

        return cases;
    }

    private static List<SamplingCase> CreateCases(int vocabularySize)
    {
        SamplingCase greedy = SamplingCase.Plain("greedy, plain path", Greedy, vocabularySize);
        SamplingCase draw = SamplingCase.Plain("temperature, plain path", new SamplingParams(), vocabularySize);
        SamplingCase flat = SamplingCase.Plain("temperature 100, top-p 0.95, plain path", Flat, vocabularySize);
        SamplingCase filtered = SamplingCase.Plain("temperature, top-k 50, top-p 0.95, plain path", Filtered, vocabularySize);
        return
        [
            greedy,
            Case("greedy", greedy, Greedy),
            Case("greedy, logprobs 0", greedy, Greedy, request => request with { TopLogprobs = 0 }),
            Case("greedy, logprobs 20", greedy, Greedy, request => request with { TopLogprobs = 20 }),
            draw,
            Case("temperature", draw, new SamplingParams()),
            Case("temperature, min-p 0.05", draw, new SamplingParams { MinP = 0.05f }),
            Case("temperature, typical-p 0.95", draw, new SamplingParams { TypicalP = 0.95f }),
            flat,
            Case("temperature 100, top-p 0.95", flat, Flat),
            Case("temperature 100, typical-p 0.95", flat, Flat with { TopP = 1, TypicalP = 0.95f }),
            filtered,
            Case("temperature, top-k 50, top-p 0.95", filtered, Filtered),
            Case("the same, three penalties", filtered, WithPenalties(Filtered)),
            Case("the same, 300 biases", filtered, Filtered with { LogitBias = Biases() }),
            Case("the same, 1000 allowed tokens", filtered, Filtered with { AllowedTokenIds = [.. Ids(1000)] }),
            Case("the same, constraint", filtered, Filtered, Constrained),
            Case("the same, logprobs 0", filtered, Filtered, request => request with { TopLogprobs = 0 }),
            Case("the same, logprobs 20", filtered, Filtered, request => request with { TopLogprobs = 20 }),
            Case("everything on", filtered, Everything(), Constrained),
            Case("everything on, logprobs 20", filtered, Everything(), r => Constrained(r) with { TopLogprobs = 20 }),
        ];

        SamplingCase Case(
            string name,
            SamplingCase baseline,
            SamplingParams sampling,
            Func<GenerationRequest, GenerationRequest>? change = null) =>
            SamplingCase.Of(name, baseline, (change ?? (request => request))(Request(sampling)), vocabularySize);

        GenerationRequest Constrained(GenerationRequest request) =>
            request with { Constraint = new RandomMaskConstraint(vocabularySize), MinTokens = 501 };
    }

    private static GenerationRequest Request(SamplingParams sampling) => new()
    {
        Id = "benchmark",
        PromptTokenIds = [.. Ids(1000)],
        MaxTokens = 1000,
        StopTokenIds = [0, 1],
        Sampling = sampling,
    };

    private static SamplingParams WithPenalties(SamplingParams sampling) =>
        sampling with { RepetitionPenalty = 1.1f, PresencePenalty = 0.5f, FrequencyPenalty = 0.1f };

    private static SamplingParams Everything() => WithPenalties(Filtered) with
    {
        TypicalP = 0.95f,
        MinP = 0.02f,
        LogitBias = Biases(),
        AllowedTokenIds = [.. Enumerable.Range(0, 30_000)],
        BannedTokenIds = [.. Enumerable.Range(500, 100)],
    };

    private static KeyValuePair<int, float>[] Biases() => [.. Ids(300).Select(id => KeyValuePair.Create(id, 0.5f))];

    private static IEnumerable<int> Ids(int count) => Enumerable.Range(0, count).Select(i => i * 31);

    // A head and a long tail, in no order, as language models give them.
    private static float[] Logits(int seed, int vocabularySize)
    {
        var random = new Random(seed);
        IEnumerable<double> values =
            Enumerable.Range(0, vocabularySize).Select(i => (-2 * Math.Log(1 + i)) + (2 * random.NextDouble()));
        float[] logits = [.. values.Select(value => (float)value)];
        random.Shuffle(logits);
        return logits;
    }
}
