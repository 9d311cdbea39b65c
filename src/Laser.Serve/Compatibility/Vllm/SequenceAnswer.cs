using Laser.Serve.Protocol.Vllm;
using NativeResponse = Laser.Serve.V1.GenerateResponse;

namespace Laser.Serve.Compatibility.Vllm;

/// <summary>One sequence of a call, as far as it has come.</summary>
/// <param name="withLogProbs">Whether its end tells the log-probabilities of all tokens.</param>
internal sealed class SequenceAnswer(bool withLogProbs)
{
    private readonly GenerateComplete _complete = new()
    {
        OutputLogprobs = withLogProbs ? new OutputLogProbs() : null,
    };

    /// <summary>Whether the prompt's log-probabilities have gone out with it.</summary>
    public bool HasInputLogProbs { get; set; }

    /// <summary>Whether its end has gone out.</summary>
    public bool IsComplete { get; private set; }

    public void Add(NativeResponse response)
    {
        _complete.OutputIds.Add(response.TokenIds);
        if (_complete.OutputLogprobs is { } logProbs)
        {
            VllmLogProbs.Append(logProbs, response.Logprobs);
        }
    }

    /// <summary>Its end; counts of tokens and what stopped it are the caller's to set.</summary>
    public GenerateComplete Complete(uint index, string reason, int promptTokenCount)
    {
        IsComplete = true;
        _complete.Index = index;
        _complete.FinishReason = reason;
        _complete.PromptTokens = (uint)promptTokenCount;
        return _complete;
    }
}
