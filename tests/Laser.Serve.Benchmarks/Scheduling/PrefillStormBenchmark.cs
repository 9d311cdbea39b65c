using System.CommandLine;
using System.Diagnostics;
using Laser.Serve.Engine;
using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Benchmarks.Scheduling;

/// <summary>
/// What long prompts do to streams that run already: a budget by step time, a fixed one, and none. The three take
/// turns, each with an engine of its own over the same model.
/// </summary>
internal static class PrefillStormBenchmark
{
    private const int StreamCount = 8;
    private const int StreamPrompt = 64;
    private const int FirstTokens = 8;
    private const int LongAnswer = 8;

    // All that the streams may come to generate is set aside for them when they start.
    private const int CacheMebibytes = 640;

    public static Command Create()
    {
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 5 };
        var prompts = new Option<int>("--prompts")
        {
            Description = "Long prompts of a round, one behind the other.",
            DefaultValueFactory = _ => 3,
        };
        var length = new Option<int>("--length") { Description = "Tokens of each.", DefaultValueFactory = _ => 4000 };
        var target = new Option<int>("--target")
        {
            Description = "Milliseconds that a step should take.",
            DefaultValueFactory = _ => new EngineOptions().TargetStepMilliseconds,
        };
        var command = new Command("prefill-storm", "Gaps in running streams while long prompts arrive.")
        {
            rounds, prompts, length, target,
        };
        command.SetAction(result => RunAsync(
            result.GetValue(rounds), result.GetValue(prompts), result.GetValue(length), result.GetValue(target)));
        return command;
    }

    private static async Task RunAsync(int rounds, int prompts, int length, int target)
    {
        int whole = length + StreamCount + 1;
        (string Name, EngineOptions Options)[] cases =
        [
            ($"budget for {target} ms", Options(maxTokens: 256, target)),
            ("fixed, 256 tokens", Options(maxTokens: 256, target: 0)),
            ("whole prompt in a step", Options(whole, target: 0)),
        ];
        using var model = new RandomModel(whole);
        Console.WriteLine(
            $"{model.Description}; {StreamCount} streams, {prompts} prompts of {length} tokens, {rounds} rounds.\n");
        var figures = new StormFigures(cases.Length);
        for (int round = -1; round < rounds; round++)
        {
            for (int i = 0; i < cases.Length; i++)
            {
                int turn = (i + round + 1) % cases.Length;
                StormRound measured = await MeasureAsync(model, cases[turn].Options, prompts, length);
                Console.Error.WriteLine($"round {round}, {cases[turn].Name}: {measured}");
                if (round >= 0)
                {
                    figures.Add(turn, measured);
                }
            }
        }

        figures.Print([.. cases.Select(one => one.Name)]);
    }

    private static EngineOptions Options(int maxTokens, int target) => new()
    {
        MaxRunningSequences = StreamCount + 2,
        MaxTokensPerStep = maxTokens,
        TargetStepMilliseconds = target,
        KvCacheMebibytes = CacheMebibytes,
        PrefixCache = false,
    };

    private static async Task<StormRound> MeasureAsync(
        RandomModel model, EngineOptions options, int prompts, int length)
    {
        await using var engine = new MeasuredEngine(model, options);
        using var enough = new CancellationTokenSource();
        GenerationRequest[] requests = [.. Enumerable.Range(0, StreamCount)
            .Select(seed => Request(seed, StreamPrompt, RandomModel.ContextLength / 2))];
        MeasuredAnswer[] streams = [.. requests.Select(request => new MeasuredAnswer(request))];
        Task[] readers = [.. requests.Select((request, i) => engine.AskAsync(request, streams[i], enough.Token))];
        await Task.WhenAll(streams.Select(stream => stream.First));
        await engine.AskAsync(Request(seed: 99, FirstTokens, FirstTokens)); // all of them decode now

        long start = Stopwatch.GetTimestamp();
        List<double> firsts = [];
        for (int i = 0; i < prompts; i++)
        {
            firsts.Add((await engine.AskAsync(Request(100 + i, length, LongAnswer))).FirstMilliseconds);
        }

        long end = Stopwatch.GetTimestamp();
        await enough.CancelAsync();
        await Task.WhenAll(readers);
        double[] gaps = [.. streams.SelectMany(stream => stream.GapsBetween(start, end))];
        double seconds = Stopwatch.GetElapsedTime(start, end).TotalSeconds;
        return new StormRound
        {
            Median = Figures.Median(gaps),
            P99 = Figures.Percentile(gaps, 0.99),
            Longest = gaps.Max(),
            FirstToken = Figures.Median(firsts),
            PromptTokensPerSecond = prompts * length / seconds,
            StreamTokensPerSecond = gaps.Length / seconds,
        };
    }

    private static GenerationRequest Request(int seed, int promptLength, int maxTokens) => new()
    {
        Id = $"{seed}",
        PromptTokenIds = MeasuredEngine.Text(seed, promptLength),
        MaxTokens = maxTokens,
        Sampling = new SamplingParams { Seed = (ulong)seed },
    };
}
