using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Laser.Serve.StructuredOutput;
using Laser.Serve.StructuredOutput.Tokens;
using Laser.Serve.Tokenization;

namespace Laser.Serve.Benchmarks;

/// <summary>What a constraint costs: to compile, and for each token.</summary>
internal static class StructuredOutputBenchmark
{
    // The machine may be shared: time is that of the processor, and of so many runs the fastest counts.
    private const int Runs = 7;
    private const int Walks = 200;
    private const int WalkLength = 60;

    private static readonly (string Name, ConstraintSpec Spec)[] Specs =
    [
        ("choice, 3 words", ConstraintSpec.Choice(["positive", "negative", "neutral"])),
        ("regex, a sentence", ConstraintSpec.Regex(@"[A-Z][a-z]+(,? [A-Za-z'\-]+){2,20}[.!?]")),
        ("regex, (.|\\n)*", ConstraintSpec.Regex(@"(?:.|\n)*")),
        ("json_schema, a tool call", ConstraintSpec.JsonSchema(
            """
            {"type": "object", "required": ["tool", "arguments"], "properties": {
              "tool": {"enum": ["search", "open", "close"]},
              "arguments": {"type": "object", "required": ["query"], "properties": {
                "query": {"type": "string", "maxLength": 80},
                "count": {"type": "integer", "minimum": 1, "maximum": 50},
                "since": {"type": "string", "format": "date"},
                "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 5}}}}}
            """)),
        ("json_schema, any JSON", ConstraintSpec.JsonSchema("{}")),
    ];

    public static Command Create()
    {
        var model = new Option<string>("--model")
        {
            Description = "Folder with the tokenizer.",
            DefaultValueFactory = _ => "models/laser-tales-3m",
        };
        var command = new Command("structured-output", "Compile time and cost per token of constraints.") { model };
        command.SetAction(result => Run(result.GetRequiredValue(model)));
        return command;
    }

    private static void Run(string model)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Environment.ProcessorCount} logical processors, {RuntimeInformation.FrameworkDescription}, "
            + $"{RuntimeInformation.OSDescription}, {DateTime.UtcNow:yyyy-MM-dd}."));
        Console.WriteLine();
        Console.WriteLine(
            "| vocabulary | constraint | states | compile | first mask, median (worst) | kept mask | advance |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (ITokenizer tokenizer in (ITokenizer[])[TokenizerLoader.Load(model), new SyntheticTokenizer()])
        {
            // Everything is compiled by the JIT before it counts.
            for (int round = 0; round < 2; round++)
            {
                foreach ((string name, ConstraintSpec spec) in Specs)
                {
                    string row = Measure(tokenizer, name, spec);
                    if (round == 1)
                    {
                        Console.WriteLine(row);
                    }
                }
            }
        }
    }

    private static string Measure(ITokenizer tokenizer, string name, ConstraintSpec spec)
    {
        double compile = double.MaxValue;
        double kept = double.MaxValue;
        double advance = double.MaxValue;
        var first = new Dictionary<int, double>();
        int states = 0;
        for (int run = 0; run < Runs; run++)
        {
            var compiler = new ConstraintCompiler(tokenizer, new ConstraintLimits { MaxMaskBytes = 1L << 30 });
            TimeSpan start = Now();
            TokenConstraint constraint = compiler.Compile(spec);
            compile = Math.Min(compile, (Now() - start).TotalMilliseconds);
            states = ((AutomatonConstraint)constraint).Automaton.StateCount;
            (int State, int Token)[] steps = WalkRandomly(constraint, first);
            kept = Math.Min(kept, PerStep(steps, step => (int)constraint.AllowedTokens(step.State)[0]));
            advance = Math.Min(advance, PerStep(steps, step => constraint.Advance(step.State, step.Token)));
        }

        double[] sorted = [.. first.Values.Order()];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {tokenizer.VocabularySize:N0} | {name} | {states:N0} | {compile:F2} ms "
            + $"| {sorted[sorted.Length / 2]:F0} us ({sorted[^1]:F0} us) | {kept:F0} ns | {advance:F0} ns |");
    }

    // The time of a mask counts where its state comes up for the first time, by state the best of all runs.
    private static (int State, int Token)[] WalkRandomly(TokenConstraint constraint, Dictionary<int, double> first)
    {
        var random = new Random(1);
        var seen = new HashSet<int> { constraint.StartState };
        var steps = new List<(int State, int Token)>();
        for (int walk = 0; walk < Walks; walk++)
        {
            int state = constraint.StartState;
            for (int i = 0; i < WalkLength && !constraint.MustEnd(state); i++)
            {
                TimeSpan start = Now();
                ReadOnlySpan<ulong> mask = constraint.AllowedTokens(state);
                double elapsed = (Now() - start).TotalMicroseconds;
                if (seen.Add(state))
                {
                    first[state] = Math.Min(elapsed, first.GetValueOrDefault(state, double.MaxValue));
                }

                int token = Pick(mask, random);
                steps.Add((state, token));
                state = constraint.Advance(state, token);
            }
        }

        return [.. steps];
    }

    private static TimeSpan Now() => Environment.CpuUsage.TotalTime;

    private static int Pick(ReadOnlySpan<ulong> mask, Random random)
    {
        for (int id = random.Next(64 * mask.Length); ; id = (id + 1) % (64 * mask.Length))
        {
            if ((mask[id / 64] >> (id % 64) & 1) != 0)
            {
                return id;
            }
        }
    }

    private static double PerStep((int State, int Token)[] steps, Func<(int State, int Token), int> action)
    {
        const int Rounds = 10;
        int sum = 0;
        TimeSpan start = Now();
        for (int round = 0; round < Rounds; round++)
        {
            foreach ((int State, int Token) step in steps)
            {
                sum += action(step);
            }
        }

        GC.KeepAlive(sum);
        return (Now() - start).TotalNanoseconds / ((double)Rounds * steps.Length);
    }
}
