namespace Laser.Serve.OpenAi;

/// <summary>
/// Adds up what the texts of a request took, told at the end of each. A prompt counts once, whatever the number of its texts.
/// </summary>
internal sealed class UsageCount
{
    private readonly HashSet<int> _prompts = [];
    private uint _promptTokens;
    private uint _completionTokens;
    private uint _cachedTokens;

    public void Add(PromptOutput output)
    {
        if (output.Response.Finish?.Usage is not { } usage)
        {
            return;
        }

        _completionTokens += usage.GeneratedTokens;
        if (_prompts.Add(output.Prompt))
        {
            _promptTokens += usage.PromptTokens;
            _cachedTokens += usage.CachedTokens;
        }
    }

    public CompletionUsage ToUsage() => new(
        _promptTokens,
        _completionTokens,
        _promptTokens + _completionTokens,
        new PromptTokensDetails(_cachedTokens));
}
