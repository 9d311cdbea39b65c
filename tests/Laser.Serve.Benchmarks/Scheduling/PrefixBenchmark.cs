using System.CommandLine;
using Laser.Serve.Engine;
using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Benchmarks.Scheduling;

/// <summary>
/// What the prefix cache saves with a common system prompt, and what several texts from one prompt save against as many
/// requests. With and without the cache take turns; their tokens and log-probabilities must be the same bit by bit.
/// </summary>
internal static class PrefixBenchmark
{
    private const int QuestionLength = 32;
    private const int AnswerLength = 16;
    private const int QuestionCount = 6;
    private const int TextCount = 4;

    public static Command Create()
    {
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 5 };
        var length = new Option<int>("--length")
        {
            Description = "Tokens of the system prompt.",
            DefaultValueFactory = _ => 1000,
        };
        var command = new Command("prefix", "A common system prompt with and without prefix cache.") { rounds, length };
        command.SetAction(result => RunAsync(result.GetValue(rounds), result.GetValue(length)));
        return command;
    }

    private static async Task<int> RunAsync(int rounds, int length)
    {
        using var model = new RandomModel(new EngineOptions().MaxTokensPerStep);
        Console.WriteLine($"{model.Description}; system prompt of {length} tokens, {rounds} rounds.\n");
        await using var with = new MeasuredEngine(model, Options(prefixCache: true));
        await using var without = new MeasuredEngine(model, Options(prefixCache: false));
        var figures = new PrefixFigures();
        bool same = true;
        for (int round = -1; round < rounds; round++)
        {
            int[] system = MeasuredEngine.Text(1000 + round, length);
            bool cacheFirst = round % 2 == 0;
            Dictionary<string, MeasuredAnswer[]> one = await AskAllAsync(cacheFirst ? with : without, system);
            Dictionary<string, MeasuredAnswer[]> other = await AskAllAsync(cacheFirst ? without : with, system);
            (Dictionary<string, MeasuredAnswer[]> cached, Dictionary<string, MeasuredAnswer[]> plain) =
                cacheFirst ? (one, other) : (other, one);
            foreach ((string name, MeasuredAnswer[] answers) in cached)
            {
                same &= AreSame(answers, plain[name]);
                if (round >= 0)
                {
                    figures.Add(name, answers, plain[name]);
                }
            }
        }

        figures.Print();
        Console.WriteLine(same
            ? "\nTokens and log-probabilities are the same with and without the cache, bit by bit."
            : "\nFAILED: tokens or log-probabilities differ with and without the cache.");
        return same ? 0 : 1;
    }

    private static EngineOptions Options(bool prefixCache) =>
        new() { MaxRunningSequences = 8, PrefixCache = prefixCache };

    // What comes first finds nothing, for the system prompt is a new one in every round.
    private static async Task<Dictionary<string, MeasuredAnswer[]>> AskAllAsync(MeasuredEngine engine, int[] system)
    {
        MeasuredAnswer first = await engine.AskAsync(Request(system, question: 0));
        List<MeasuredAnswer> others = [];
        for (int question = 1; question <= QuestionCount; question++)
        {
            others.Add(await engine.AskAsync(Request(system, question)));
        }

        // These prompts begin with tokens of their own, so that nobody finds anything.
        MeasuredAnswer four = await engine.AskAsync(Request([1, .. system], 0) with { SequenceCount = TextCount });
        MeasuredAnswer[] separate = await Task.WhenAll(Enumerable.Range(0, TextCount)
            .Select(seed => engine.AskAsync(WithSeed(Request([2, .. system], 0), seed))));
        return new Dictionary<string, MeasuredAnswer[]>
        {
            ["first question"] = [first],
            ["each of the next questions"] = [.. others],
            [$"one request for {TextCount} texts"] = [four],
            [$"{TextCount} requests at once"] = separate,
        };
    }

    private static GenerationRequest Request(int[] system, int question) => new()
    {
        Id = $"{question}",
        PromptTokenIds = [.. system, .. MeasuredEngine.Text(question, QuestionLength)],
        MaxTokens = AnswerLength,
        TopLogprobs = 0,
        Sampling = new SamplingParams { Seed = (ulong)question },
    };

    private static GenerationRequest WithSeed(GenerationRequest request, int seed) =>
        request with { Sampling = request.Sampling with { Seed = (ulong)seed } };

    private static bool AreSame(MeasuredAnswer[] one, MeasuredAnswer[] other) =>
        one.SelectMany(answer => answer.Tokens).SequenceEqual(other.SelectMany(answer => answer.Tokens));
}
