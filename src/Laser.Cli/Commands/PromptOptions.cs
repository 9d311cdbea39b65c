using System.CommandLine;
using Laser.Serve.V1;

namespace Laser.Cli.Commands;

/// <summary>The prompt and the options of a generation, the same for every command that generates.</summary>
internal sealed class PromptOptions
{
    private readonly Argument<string> _prompt = new("prompt") { Description = "Text to continue." };

    private readonly Option<uint?> _maxTokens = new("--max-tokens", "-n")
    {
        Description = "Most tokens to generate (default: the server's).",
    };

    private readonly Option<float?> _temperature = new("--temperature", "-t")
    {
        Description = "0 takes the most likely token each time (default: the model's).",
    };

    private readonly Option<uint?> _topK = new("--top-k") { Description = "Keep the k most likely tokens." };

    private readonly Option<float?> _topP = new("--top-p")
    {
        Description = "Keep the most likely tokens up to this probability.",
    };

    private readonly Option<ulong?> _seed = new("--seed", "-s") { Description = "The same seed gives the same text." };

    private readonly Option<string[]> _stop = new("--stop")
    {
        Description = "String that ends the text; may be repeated.",
    };

    public void AddTo(Command command)
    {
        command.Add(_prompt);
        foreach (Option option in (Option[])[_maxTokens, _temperature, _topK, _topP, _seed, _stop])
        {
            command.Add(option);
        }
    }

    public GenerateRequest Read(ParseResult result)
    {
        var request = new GenerateRequest
        {
            Prompt = result.GetRequiredValue(_prompt),
            Sampling = new SamplingParams(),
            Stop = new StopParams(),
        };
        if (result.GetValue(_maxTokens) is { } maxTokens)
        {
            request.MaxTokens = maxTokens;
        }

        if (result.GetValue(_temperature) is { } temperature)
        {
            request.Sampling.Temperature = temperature;
        }

        if (result.GetValue(_topK) is { } topK)
        {
            request.Sampling.TopK = topK;
        }

        if (result.GetValue(_topP) is { } topP)
        {
            request.Sampling.TopP = topP;
        }

        if (result.GetValue(_seed) is { } seed)
        {
            request.Sampling.Seed = seed;
        }

        request.Stop.Strings.AddRange(result.GetValue(_stop) ?? []);
        return request;
    }
}
