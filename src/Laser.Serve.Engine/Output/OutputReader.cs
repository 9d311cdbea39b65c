using System.Threading.Channels;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sequences;
using Laser.Serve.Tokenization;

namespace Laser.Serve.Engine.Output;

/// <summary>Makes the outputs of a request from what the engine tells of its sequences. On the reader's side.</summary>
internal sealed class OutputReader
{
    private readonly SequenceGroup _group;
    private readonly OutputText[] _texts;
    private readonly List<SequenceOutput>[] _taken;
    private IReadOnlyList<TokenLogprob> _promptLogprobs;

    public OutputReader(SequenceGroup group, ITokenizer tokenizer, StopStrings stops)
    {
        GenerationRequest request = group.Request;
        _group = group;
        _texts = new OutputText[request.SequenceCount];
        _taken = new List<SequenceOutput>[request.SequenceCount];
        _promptLogprobs = group.First.PromptLogprobs;
        for (int i = 0; i < _texts.Length; i++)
        {
            _texts[i] = new OutputText(tokenizer, request, stops);
            _taken[i] = [];
        }
    }

    /// <summary>Waits for more; false if there is none.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) =>
        _group.Output.WaitToReadAsync(cancellationToken);

    /// <summary>What is there: for each sequence its new tokens in one output, and then its end in another.</summary>
    public IEnumerable<TokenOutput> Read()
    {
        ChannelReader<SequenceOutput> output = _group.Output;
        while (output.TryRead(out SequenceOutput one))
        {
            _taken[one.Index].Add(one);
        }

        for (int i = 0; i < _taken.Length; i++)
        {
            List<SequenceOutput> taken = _taken[i];
            GenerationSummary? summary = taken.Count == 0 ? null : taken[^1].Summary;
            if (taken.Count > (summary is null ? 0 : 1))
            {
                yield return Tokens(i, taken);
            }

            if (summary is not null)
            {
                yield return End(i, summary);
            }

            taken.Clear();
        }
    }

    private TokenOutput Tokens(int index, List<SequenceOutput> taken)
    {
        IEnumerable<SequenceOutput> tokens = taken.Where(one => one.Summary is null);
        int[] tokenIds = [.. tokens.Select(one => one.Token.TokenId)];
        return new TokenOutput
        {
            Index = index,
            TokenIds = tokenIds,
            Text = _texts[index].Append(tokenIds),
            Logprobs = [.. tokens.Select(one => one.Token.Logprob).OfType<TokenLogprob>()],
            PromptLogprobs = TakePromptLogprobs(),
        };
    }

    private TokenOutput End(int index, GenerationSummary summary) => new()
    {
        Index = index,
        TokenIds = [],
        Text = _texts[index].End(),
        PromptLogprobs = TakePromptLogprobs(),
        Final = summary,
    };

    private IReadOnlyList<TokenLogprob> TakePromptLogprobs()
    {
        IReadOnlyList<TokenLogprob> taken = _promptLogprobs;
        _promptLogprobs = [];
        return taken;
    }
}
