using System.CommandLine;
using System.CommandLine.Parsing;
using Laser.Serve.Simulation.Load;

namespace Laser.Cli.Commands;

/// <summary>The options of <c>laser simulate</c> that say what comes.</summary>
internal sealed class LoadOptionSet
{
    private readonly Option<int> _requests = new("--requests", "-n")
    {
        Description = "Requests at each rate.",
        DefaultValueFactory = _ => 10_000,
    };

    private readonly Option<ArrivalProcess> _arrivals = Create(
        "--arrivals", "poisson, even, gamma:CV or onoff:SECONDS,SECONDS.", "poisson", ArrivalProcess.Parse);

    private readonly Option<LengthDistribution> _prompt = Create(
        "--prompt",
        "Tokens of a prompt: N, uniform:LEAST,MOST or lognormal:MEDIAN,SIGMA[,MOST].",
        "lognormal:128,0.8,512",
        LengthDistribution.Parse);

    private readonly Option<LengthDistribution> _output = Create(
        "--output", "Tokens of an answer, in the same way.", "lognormal:64,0.7,256", LengthDistribution.Parse);

    private readonly Option<int?> _maxTokens = new("--max-tokens")
    {
        Description = "Token limit that requests ask for and admission reserves (default: the length of the answer).",
    };

    private readonly Option<double> _sharedShare = new("--shared-share")
    {
        Description = "Part of the prompts that begin with a shared prefix, 0 to 1.",
    };

    private readonly Option<int> _sharedTokens = new("--shared-tokens")
    {
        Description = "Tokens of a shared prefix.",
        DefaultValueFactory = _ => 256,
    };

    private readonly Option<int> _sharedPrefixes = new("--shared-prefixes")
    {
        Description = "Different shared prefixes.",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<double> _cancelShare = new("--cancel-share")
    {
        Description = "Part of the requests whose client gives up, 0 to 1.",
    };

    private readonly Option<double> _cancelSeconds = new("--cancel-seconds")
    {
        Description = "When it does, after the request came, in the mean.",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<double?> _timeLimit = new("--time-limit")
    {
        Description = "Seconds after which a request ends with what there is (default: never).",
    };

    private readonly Option<ulong> _seed = new("--seed", "-s")
    {
        Description = "The same seed gives the same requests.",
        DefaultValueFactory = _ => 1,
    };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])
            [
                _requests, _arrivals, _prompt, _output, _maxTokens, _sharedShare, _sharedTokens, _sharedPrefixes,
                _cancelShare, _cancelSeconds, _timeLimit, _seed,
            ])
        {
            command.Add(option);
        }
    }

    public LoadOptions Read(ParseResult result) => new()
    {
        RequestCount = result.GetValue(_requests),
        Arrivals = result.GetRequiredValue(_arrivals),
        PromptLength = result.GetRequiredValue(_prompt),
        OutputLength = result.GetRequiredValue(_output),
        MaxTokens = result.GetValue(_maxTokens),
        SharedShare = result.GetValue(_sharedShare),
        SharedLength = result.GetValue(_sharedTokens),
        SharedPrefixCount = result.GetValue(_sharedPrefixes),
        CancelShare = result.GetValue(_cancelShare),
        CancelSeconds = result.GetValue(_cancelSeconds),
        TimeLimitSeconds = result.GetValue(_timeLimit),
        Seed = result.GetValue(_seed),
    };

    private static Option<T> Create<T>(string name, string description, string standard, Func<string, T> parse)
        where T : class =>
        new(name)
        {
            Description = description,
            DefaultValueFactory = _ => parse(standard),
            CustomParser = result => Parse(result, parse),
        };

    private static T? Parse<T>(ArgumentResult result, Func<string, T> parse)
        where T : class
    {
        try
        {
            return parse(result.Tokens[0].Value);
        }
        catch (FormatException e)
        {
            result.AddError(e.Message);
            return null;
        }
    }
}
