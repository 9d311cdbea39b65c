using Laser.Serve.V1;

namespace Laser.Serve.Benchmarks.Soak;

/// <summary>Makes the calls. The same seed and number make the same call.</summary>
internal sealed class SoakPlanner(int seed)
{
    /// <summary>Requests whose answers are asked for before, under load and afterwards.</summary>
    public const int KnownCount = 6;

    private const int VocabularySize = 4096;
    private const int ContextLength = 1024;
    private const int SystemPromptLength = 300;
    private const int SystemPromptCount = 4;

    private const string Schema = """
        {
          "type": "object",
          "properties": { "name": { "type": "string", "maxLength": 12 }, "age": { "type": "integer" } },
          "required": ["name"],
          "additionalProperties": false
        }
        """;

    private static readonly string[] Words =
        ["Once", "upon", "a", "time", "the", "king", "said", "little", "dragon", "house", "wanted", "to", "play", "."];

    public SoakPlan Plan(int number)
    {
        var random = new Random(HashCode(seed, number));
        SoakPlan plan = random.Next(100) switch
        {
            < 2 => new SoakPlan { Request = Invalid(random), IsInvalid = true },
            < 8 => KnownPlan(random.Next(KnownCount)),
            < 16 => new SoakPlan { Request = Plain(random), Protocol = SoakProtocol.OpenAi },
            < 22 => new SoakPlan { Request = Plain(random), Protocol = SoakProtocol.OpenInference },
            _ => new SoakPlan { Request = Rich(random), ReadsSlowly = random.Next(100) < 5 },
        };
        return (plan.Known is null && !plan.IsInvalid ? Leaving(plan, random) : plan) with { Number = number };
    }

    /// <summary>The request whose answer is known, by number.</summary>
    public static SoakPlan KnownPlan(int known) => new()
    {
        Known = known,
        Request = new GenerateRequest
        {
            Prompt = string.Join(' ', Words[..(known + 4)]),
            MaxTokens = 24 + (16 * (uint)known),
            Sampling = new SamplingParams { Temperature = known % 2 == 0 ? 0 : 0.9f, Seed = 1000 + (ulong)known },
        },
    };

    // Of each hundred, thirty leave.
    private static SoakPlan Leaving(SoakPlan plan, Random random)
    {
        int choice = random.Next(100);
        Departure departure = choice switch
        {
            < 14 => Departure.Cancels,
            < 22 => Departure.PassesItsDeadline,
            < 26 => Departure.ClosesItsSocket,
            < 30 => Departure.ResetsItsSocket,
            _ => Departure.Stays,
        };
        if (plan.Protocol != SoakProtocol.Native && departure != Departure.Stays)
        {
            departure = Departure.Cancels;
        }

        // From a millisecond to ten seconds: in the queue, in the prompt, between tokens, and after the end.
        double milliseconds = Math.Pow(10, 4 * random.NextDouble());
        return plan with { Departure = departure, LeavesAfter = TimeSpan.FromMilliseconds(milliseconds) };
    }

    private static GenerateRequest Invalid(Random random)
    {
        GenerateRequest request = Plain(random);
        request.Sampling = new SamplingParams { TopP = 2 };
        return request;
    }

    // What every protocol can ask for.
    private static GenerateRequest Plain(Random random) => new()
    {
        Prompt = string.Join(' ', random.GetItems(Words, random.Next(1, 60))),
        MaxTokens = (uint)random.Next(1, 150),
        Sampling = new SamplingParams { Temperature = 1, Seed = (ulong)random.Next() },
    };

    private static GenerateRequest Rich(Random random)
    {
        var request = new GenerateRequest
        {
            Sampling = Sampling(random),
            Cache = new CacheParams { Salt = Chance(random, 10) ? $"salt {random.Next(3)}" : "", Bypass = Chance(random, 5) },
            Priority = Chance(random, 10) ? random.Next(-3, 4) : 0,
            Output = new OutputParams { Echo = Chance(random, 5) },
        };
        int promptLength = WritePrompt(request, random);
        request.MaxTokens = (uint)Math.Min(random.Next(1, Chance(random, 10) ? 400 : 120), ContextLength - promptLength - 1);
        if (Chance(random, 20))
        {
            request.N = (uint)random.Next(2, 6);
        }

        if (Chance(random, 15))
        {
            request.Output.Logprobs = (uint)random.Next(21);
        }

        if (Chance(random, 8))
        {
            request.Output.PromptLogprobs = (uint)random.Next(4);
        }

        if (Chance(random, 5))
        {
            request.TimeLimitMs = (uint)random.Next(20, 2000);
        }

        if (Chance(random, 12))
        {
            request.Constraint = Constraint(random);
        }
        else
        {
            request.Stop = new StopParams { IgnoreEos = Chance(random, 50) };
        }

        return request;
    }

    // Random ids; a third behind a long beginning that others have too.
    private static int WritePrompt(GenerateRequest request, Random random)
    {
        int length = random.Next(100) switch
        {
            < 50 => random.Next(1, 20),
            < 80 => random.Next(20, 200),
            _ => random.Next(400, 650),
        };
        request.PromptTokenIds = new TokenIds();
        if (Chance(random, 33))
        {
            int prompt = random.Next(SystemPromptCount);
            var shared = new Random(prompt);
            request.PromptTokenIds.Ids.AddRange(Ids(shared, SystemPromptLength));
        }

        request.PromptTokenIds.Ids.AddRange(Ids(random, length));
        return request.PromptTokenIds.Ids.Count;
    }

    private static IEnumerable<uint> Ids(Random random, int count) =>
        Enumerable.Range(0, count).Select(_ => (uint)random.Next(1, VocabularySize));

    private static SamplingParams Sampling(Random random)
    {
        var sampling = new SamplingParams { Temperature = Chance(random, 25) ? 0 : 1, Seed = (ulong)random.Next() };
        if (Chance(random, 30))
        {
            sampling.TopK = 40;
            sampling.TopP = 0.9f;
        }

        if (Chance(random, 15))
        {
            sampling.FrequencyPenalty = 0.5f;
            sampling.RepetitionPenalty = 1.1f;
        }

        return sampling;
    }

    private static Constraint Constraint(Random random) => random.Next(3) switch
    {
        0 => new Constraint { Choice = new Choices { Texts = { "yes", "no", "perhaps not today" } } },
        1 => new Constraint { Regex = "[a-z]{3,20}( [a-z]{2,10}){0,4}" },
        _ => new Constraint { JsonSchema = Schema },
    };

    private static bool Chance(Random random, int percent) => random.Next(100) < percent;

    // Not System.HashCode, whose answers differ from process to process.
    private static int HashCode(int seed, int number) =>
        (int)((((uint)seed * 2654435761) ^ ((uint)number * 2246822519)) & int.MaxValue);
}
