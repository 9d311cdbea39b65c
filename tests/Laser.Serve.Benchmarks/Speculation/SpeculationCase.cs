using System.Globalization;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Tokenization;

namespace Laser.Serve.Benchmarks.Speculation;

/// <summary>A kind of text, as requests of which each has a text of its own.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Requests">As many as the largest batch has.</param>
internal sealed record SpeculationCase(string Name, GenerationRequest[] Requests)
{
    /// <summary>Requests of a case.</summary>
    public const int RequestCount = 8;

    private const int RecordCount = 48;

    /// <summary>All cases.</summary>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="stories">Texts of the model, one for each request.</param>
    /// <param name="length">Tokens to generate.</param>
    /// <param name="isTrained">Whether the model can tell stories; else all texts are forced.</param>
    public static IEnumerable<SpeculationCase> Create(
        ITokenizer tokenizer, int[][] stories, int length, bool isTrained)
    {
        int[][] passages = [.. stories.Select(story => story[..length])];
        yield return new("verbatim copy of a passage in the prompt", Forced(tokenizer, passages, passages));
        yield return new(
            "the passage with 1 token in 16 changed",
            Forced(tokenizer, passages, [.. passages.Select(passage => Edit(passage, 16))]));
        yield return new(
            "the passage with 1 token in 4 changed",
            Forced(tokenizer, passages, [.. passages.Select(passage => Edit(passage, 4))]));
        int[][] records = [.. stories.Select((_, i) => Records(tokenizer, i))];
        int[][] shown = [.. records.Select(text => text[..(text.Length / 4)])];
        yield return new(
            "JSON records after the pattern of those in the prompt",
            Forced(tokenizer, shown, [.. records.Select((text, i) => text[shown[i].Length..][..length])]));
        if (isTrained)
        {
            yield return new("story, greedy", Free(stories, length, temperature: 0));
            yield return new("story, temperature 0.8", Free(stories, length, temperature: 0.8f));
        }
    }

    private static GenerationRequest[] Forced(ITokenizer tokenizer, int[][] prompts, int[][] texts) =>
        [.. prompts.Select((prompt, i) => new GenerationRequest
        {
            Id = "speculative",
            PromptTokenIds = [0, .. prompt, 0],
            MaxTokens = texts[i].Length,
            Constraint = new ForcedText(texts[i], tokenizer.VocabularySize),
            Sampling = new SamplingParams { Temperature = 0 },
        })];

    private static GenerationRequest[] Free(int[][] stories, int length, float temperature) =>
        [.. stories.Select((story, i) => new GenerationRequest
        {
            Id = "speculative",
            PromptTokenIds = [0, .. story[..length]],
            MaxTokens = length,
            Sampling = new SamplingParams { Temperature = temperature, TopP = 0.9f, Seed = (ulong)i },
        })];

    // The changed token is one of the text, so that it could stand there.
    private static int[] Edit(int[] passage, int distance) =>
        [.. passage.Select((token, i) => i % distance == distance - 1 ? passage[i * 7 % passage.Length] : token)];

    private static int[] Records(ITokenizer tokenizer, int number)
    {
        var random = new Random(number);
        string[] animals = ["fox", "bear", "crow", "frog", "hare", "wolf", "goose", "mouse"];
        IEnumerable<string> lines = Enumerable.Range(1, RecordCount).Select(i => string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"id\": {i}, \"name\": \"{animals[random.Next(animals.Length)]}\", \"age\": {random.Next(30)}}},\n"));
        return [.. tokenizer.Encode(string.Concat(lines), addSpecialTokens: false)];
    }
}
