using System.Text;

namespace Laser.Serve.OpenAi;

/// <summary>Gathers the pieces of a stream into whole choices.</summary>
internal sealed class WholeCompletion
{
    private readonly SortedDictionary<int, WholeChoice> _choices = [];

    public void Add(CompletionChoice piece)
    {
        if (!_choices.TryGetValue(piece.Index, out WholeChoice? choice))
        {
            choice = new WholeChoice();
            _choices.Add(piece.Index, choice);
        }

        choice.Add(piece);
    }

    /// <summary>The choices, by index.</summary>
    public IReadOnlyList<CompletionChoice> ToChoices() => [.. _choices.Values.Select(choice => choice.ToChoice())];

    private sealed class WholeChoice
    {
        private readonly StringBuilder _text = new();
        private readonly CompletionLogprobs _logprobs = new();
        private readonly List<uint> _tokenIds = [];
        private CompletionChoice? _last;

        public void Add(CompletionChoice piece)
        {
            _text.Append(piece.Text);
            _tokenIds.AddRange(piece.TokenIds ?? []);
            if (piece.Logprobs is not null)
            {
                _logprobs.Add(piece.Logprobs);
            }

            _last = piece;
        }

        // What the last piece has none of, none has.
        public CompletionChoice ToChoice() => _last! with
        {
            Text = _text.ToString(),
            Logprobs = _last.Logprobs is null ? null : _logprobs,
            TokenIds = _last.TokenIds is null ? null : _tokenIds,
        };
    }
}
