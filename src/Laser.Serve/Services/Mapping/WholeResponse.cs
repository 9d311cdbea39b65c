using System.Text;
using Laser.Serve.V1;

namespace Laser.Serve.Services.Mapping;

/// <summary>Gathers a stream into the one message of a unary call.</summary>
internal sealed class WholeResponse
{
    private readonly SortedDictionary<uint, (GeneratedSequence Sequence, StringBuilder Text)> _sequences = [];
    private PromptInfo? _prompt;

    public void Add(GenerateResponse response)
    {
        if (!_sequences.TryGetValue(response.Index, out var entry))
        {
            entry = (new GeneratedSequence(), new StringBuilder());
            _sequences.Add(response.Index, entry);
        }

        entry.Text.Append(response.Text);
        entry.Sequence.TokenIds.AddRange(response.TokenIds);
        entry.Sequence.Logprobs.AddRange(response.Logprobs);
        entry.Sequence.Finish ??= response.Finish;
        _prompt ??= response.Prompt;
    }

    public GenerateOnceResponse ToResponse()
    {
        var response = new GenerateOnceResponse { Prompt = _prompt };
        foreach ((GeneratedSequence sequence, StringBuilder text) in _sequences.Values)
        {
            sequence.Text = text.ToString();
            response.Sequences.Add(sequence);
        }

        return response;
    }
}
