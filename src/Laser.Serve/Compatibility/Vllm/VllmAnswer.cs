using Laser.Serve.Protocol.Vllm;
using NativeReason = Laser.Serve.V1.FinishReason;
using NativeResponse = Laser.Serve.V1.GenerateResponse;

namespace Laser.Serve.Compatibility.Vllm;

/// <summary>A native stream as the answers of <c>VllmEngine.Generate</c>.</summary>
internal sealed class VllmAnswer(GenerateRequest request, VllmRequest translated)
{
    private readonly SortedDictionary<uint, SequenceAnswer> _sequences = [];
    private readonly HashSet<uint> _stopTokenIds = [.. request.SamplingParams?.StopTokenIds ?? []];
    private InputLogProbs? _inputLogProbs;

    /// <summary>What one native message becomes: a chunk, a <c>complete</c>, both or nothing.</summary>
    public IEnumerable<GenerateResponse> Add(NativeResponse response)
    {
        if (response.Prompt is { } prompt && translated.Native.Output.HasPromptLogprobs)
        {
            _inputLogProbs = VllmLogProbs.Input(prompt);
        }

        SequenceAnswer sequence = Sequence(response.Index);
        sequence.Add(response);
        if (request.Stream && response.TokenIds.Count > 0)
        {
            yield return new GenerateResponse { Chunk = Chunk(response, sequence) };
        }

        if (response.Finish is { } finish)
        {
            yield return new GenerateResponse { Complete = Complete(response.Index, finish) };
        }
    }

    /// <summary>The ends of the sequences that had none when the call was aborted.</summary>
    public IEnumerable<GenerateResponse> Abort()
    {
        for (uint index = 0; index < translated.Native.N; index++)
        {
            SequenceAnswer sequence = Sequence(index);
            if (!sequence.IsComplete)
            {
                GenerateComplete complete = sequence.Complete(index, "abort", translated.PromptTokenCount);
                complete.CompletionTokens = (uint)complete.OutputIds.Count;
                yield return new GenerateResponse { Complete = complete };
            }
        }
    }

    private SequenceAnswer Sequence(uint index)
    {
        if (!_sequences.TryGetValue(index, out SequenceAnswer? sequence))
        {
            sequence = new SequenceAnswer(withLogProbs: translated.Native.Output.HasLogprobs && !request.Stream);
            _sequences.Add(index, sequence);
        }

        return sequence;
    }

    private GenerateStreamChunk Chunk(NativeResponse response, SequenceAnswer sequence)
    {
        var chunk = new GenerateStreamChunk
        {
            TokenIds = { response.TokenIds },
            PromptTokens = (uint)translated.PromptTokenCount,
            CompletionTokens = (uint)response.TokenIds.Count,
            Index = response.Index,
            InputLogprobs = sequence.HasInputLogProbs ? null : _inputLogProbs,
        };
        sequence.HasInputLogProbs = true;
        if (response.Logprobs.Count > 0)
        {
            chunk.OutputLogprobs = new OutputLogProbs();
            VllmLogProbs.Append(chunk.OutputLogprobs, response.Logprobs);
        }

        return chunk;
    }

    private GenerateComplete Complete(uint index, V1.Finish finish)
    {
        SequenceAnswer sequence = Sequence(index);
        GenerateComplete complete = sequence.Complete(index, Reason(finish.Reason), translated.PromptTokenCount);
        complete.InputLogprobs = sequence.HasInputLogProbs ? null : _inputLogProbs;
        complete.CompletionTokens = finish.Usage?.GeneratedTokens ?? 0;
        complete.CachedTokens = finish.Usage?.CachedTokens ?? 0;
        if (finish.HasStopString)
        {
            complete.MatchedStopStr = finish.StopString;
        }
        else if (finish.HasStopTokenId && _stopTokenIds.Contains(finish.StopTokenId))
        {
            complete.MatchedTokenId = finish.StopTokenId;
        }

        return complete;
    }

    private static string Reason(NativeReason reason) => reason switch
    {
        NativeReason.Stop => "stop",
        NativeReason.Length => "length",
        _ => "abort",
    };
}
