using System.Text;

namespace Laser.Serve.OpenAi;

/// <summary>Gathers the pieces of a stream into whole choices.</summary>
internal sealed class WholeCompletion
{
    private readonly SortedDictionary<int, (StringBuilder Text, CompletionChoice Last, CompletionLogprobs? Logprobs, List<uint>? Ids)>
        _choices = [];

    public void Add(CompletionChoice piece)
    {
        if (!_choices.TryGetValue(piece.Index, out var choice))
        {
            choice.Text = new StringBuilder();
            choice.Logprobs = piece.Logprobs is null ? null : new CompletionLogprobs();
            choice.Ids = piece.TokenIds is null ? null : [];
        }

        choice.Text.Append(piece.Text);
        choice.Ids?.AddRange(piece.TokenIds!);
        choice.Last = piece;
        choice.Logprobs?.Add(piece.Logprobs!);
        _choices[piece.Index] = choice;
    }

    /// <summary>The choices, by index.</summary>
    public IReadOnlyList<CompletionChoice> ToChoices() =>
        [.. _choices.Values.Select(choice => choice.Last with
        {
            Text = choice.Text.ToString(),
            Logprobs = choice.Logprobs,
            TokenIds = choice.Ids,
        })];
}
