using Laser.Serve.Engine.Output;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Tokenization;

namespace Laser.Serve.Engine.Sequences;

/// <summary>
/// Says after each token of one sequence whether it is the last: stop tokens, then stop strings, then the token limit.
/// </summary>
internal sealed class StopChecker
{
    private readonly int[] _stopTokenIds;
    private readonly StopStrings _stopStrings;
    private readonly StopMatcher _matcher;
    private readonly ContinuationBytes _bytes;
    private readonly int _maxTokens;

    public StopChecker(GenerationRequest request, ITokenizer tokenizer, StopStrings stopStrings)
    {
        _stopTokenIds = [.. request.StopTokenIds.Order()];
        _stopStrings = stopStrings;
        _matcher = new StopMatcher(stopStrings, request.MinTokens);
        _bytes = new ContinuationBytes(tokenizer, request);
        _maxTokens = request.MaxTokens;
    }

    /// <summary>Takes the next token; null if another one may follow.</summary>
    /// <param name="tokenId">The token.</param>
    /// <param name="generatedCount">Tokens generated, this one included.</param>
    public StopCause? Check(int tokenId, int generatedCount)
    {
        if (Array.BinarySearch(_stopTokenIds, tokenId) >= 0)
        {
            return new StopCause(FinishReason.Stop, TokenId: tokenId);
        }

        _matcher.Read(_bytes.Next(tokenId));
        if (_matcher.Match is int match)
        {
            return new StopCause(FinishReason.Stop, String: _stopStrings.Text(match));
        }

        return generatedCount == _maxTokens ? new StopCause(FinishReason.Length) : null;
    }
}
