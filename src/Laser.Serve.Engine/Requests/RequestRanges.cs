namespace Laser.Serve.Engine.Requests;

/// <summary>The ranges of a request's numbers, but for those of its sampling parameters.</summary>
internal static class RequestRanges
{
    private const int LargestPriority = 100;
    private const int MostTopLogprobs = 20;

    /// <summary>What is wrong with a request, in a sentence; null if nothing is.</summary>
    public static string? FindError(GenerationRequest request) =>
        Find("The token limit", request.MaxTokens, 1, int.MaxValue)
        ?? Find("The number of sequences", request.SequenceCount, 1, int.MaxValue)
        ?? Find("The least number of tokens", request.MinTokens, 0, request.MaxTokens)
        ?? Find("The number of log-probabilities", request.TopLogprobs ?? 0, 0, MostTopLogprobs)
        ?? Find("The number of log-probabilities of the prompt", request.PromptTopLogprobs ?? 0, 0, MostTopLogprobs)
        ?? Find("The priority", request.Priority, -LargestPriority, LargestPriority)
        ?? (request.TimeLimit <= TimeSpan.Zero
            ? $"The time limit is {request.TimeLimit}; it must be above zero."
            : null);

    private static string? Find(string what, int value, int least, int most) =>
        value >= least && value <= most ? null : $"{what} is {value}; it must be {least} to {most}.";
}
