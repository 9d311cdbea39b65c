using Laser.Serve.Tokenization;
using Laser.Serve.V1;

namespace Laser.Serve.OpenAi;

/// <summary>
/// The native messages of a request as pieces of choices. The choice's index counts through the prompts, n for each.
/// </summary>
internal sealed class ChoiceTranslation(CompletionRequest request, ITokenizer tokenizer)
{
    private readonly int _perPrompt = (int)(request.N ?? 1);
    private readonly bool _skipSpecialTokens = request.SkipSpecialTokens ?? true;
    private readonly Dictionary<int, PromptInfo> _prompts = [];
    private readonly Dictionary<int, LogprobsTranslation> _texts = [];

    /// <summary>One message as a piece of a choice.</summary>
    public CompletionChoice Translate(PromptOutput output)
    {
        (int prompt, GenerateResponse response) = output;
        if (response.Prompt is not null)
        {
            _prompts[prompt] = response.Prompt;
        }

        // An echoed prompt comes once, on the first message of the call; it goes ahead of each of its texts.
        int index = (prompt * _perPrompt) + (int)response.Index;
        PromptInfo? echo = null;
        if (!_texts.TryGetValue(index, out LogprobsTranslation? logprobs))
        {
            logprobs = new LogprobsTranslation(tokenizer, _skipSpecialTokens);
            _texts.Add(index, logprobs);
            echo = request.Echo == true ? _prompts.GetValueOrDefault(prompt) : null;
        }

        return new CompletionChoice
        {
            Text = echo is null ? response.Text : echo.Text + response.Text,
            Index = index,
            Logprobs = request.Logprobs is null ? null : Logprobs(logprobs, echo, response),
            FinishReason = response.Finish is { } finish ? Reason(finish.Reason) : null,
            StopReason = response.Finish is { } end ? Matched(end) : null,
            TokenIds = request.ReturnTokenIds == true ? response.TokenIds : null,
        };
    }

    private static CompletionLogprobs Logprobs(LogprobsTranslation text, PromptInfo? echo, GenerateResponse response)
    {
        var logprobs = new CompletionLogprobs();
        if (echo is not null)
        {
            text.AddPrompt(echo, logprobs);
        }

        foreach (TokenLogprob token in response.Logprobs)
        {
            text.Add(token, logprobs);
        }

        return logprobs;
    }

    // Clients know two reasons. A text that time ran out for is cut off like one that is too long.
    private static string Reason(FinishReason reason) => reason switch
    {
        FinishReason.Stop => "stop",
        FinishReason.Length or FinishReason.TimeLimit => "length",
        _ => throw new InvalidOperationException($"There is no finish reason for {reason}."),
    };

    private static StopReason? Matched(Finish finish) => finish.MatchedCase switch
    {
        Finish.MatchedOneofCase.StopString => new StopReason(finish.StopString, 0),
        Finish.MatchedOneofCase.StopTokenId => new StopReason(null, finish.StopTokenId),
        _ when finish.Reason == FinishReason.TimeLimit => new StopReason("time_limit", 0),
        _ => null,
    };
}
