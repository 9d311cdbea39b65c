using System.CommandLine;
using System.CommandLine.Parsing;
using Laser.Serve.Simulation.Load;

namespace Laser.Cli.Commands;

/// <summary>
/// The options that say what comes, the same for <c>laser simulate</c> and <c>laser bench</c>: with the same values
/// both send the same requests.
/// </summary>
/// <param name="requestCount">Requests, where nothing else is said.</param>
/// <param name="knowsEnd">
/// Whether the server can be told after how many tokens an answer is complete, short of its token limit: only a
/// simulated one can.
/// </param>
internal sealed class LoadOptionSet(int requestCount, bool knowsEnd)
{
    private readonly Option<int> _requests = new("--requests", "-n")
    {
        Description = "Requests of each rate or concurrency.",
        DefaultValueFactory = _ => requestCount,
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
                _requests, _arrivals, _prompt, _output, _sharedShare, _sharedTokens, _sharedPrefixes,
                _cancelShare, _cancelSeconds, _timeLimit, _seed,
            ])
        {
            command.Add(option);
        }

        if (knowsEnd)
        {
            command.Add(_maxTokens);
        }
    }

    /// <summary>Whether the number of requests was asked for.</summary>
    public bool HasRequestCount(ParseResult result) => result.GetResult(_requests) is { Implicit: false };

    public LoadOptions Read(ParseResult result) => new()
    {
        RequestCount = result.GetValue(_requests),
        Arrivals = result.GetRequiredValue(_arrivals),
        PromptLength = result.GetRequiredValue(_prompt),
        OutputLength = result.GetRequiredValue(_output),
        MaxTokens = knowsEnd ? result.GetValue(_maxTokens) : null,
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
