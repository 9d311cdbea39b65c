using Laser.Serve.Tokenization.AddedTokens;
using Laser.Serve.Tokenization.Models;
using Laser.Serve.Tokenization.Normalizers;

namespace Laser.Serve.Tokenization.Loading;

/// <summary>Reads <c>$.added_tokens</c>.</summary>
internal static class AddedTokenReader
{
    /// <param name="field">The list, if there is one.</param>
    /// <param name="vocabulary">Of the model; a token that is in it has its id from there.</param>
    /// <param name="normalizer">Gives normalized tokens the form in which they are looked for.</param>
    public static IReadOnlyList<AddedToken> Read(JsonField? field, Vocabulary vocabulary, INormalizer? normalizer)
    {
        var tokens = new List<AddedToken>();
        var contents = new HashSet<string>(StringComparer.Ordinal);
        var forms = new HashSet<(bool Normalized, string Text)>();
        HashSet<int> vocabularyIds = [.. vocabulary.Tokens.Values];
        int nextId = vocabulary.Count;
        foreach (JsonField item in field?.Items() ?? [])
        {
            AddedToken token = ReadOne(item);
            CheckId(item, token, vocabulary, vocabularyIds, ref nextId);
            string form = token.Normalized ? normalizer?.Normalize(token.Content) ?? token.Content : token.Content;
            if (!contents.Add(token.Content) || !forms.Add((token.Normalized, form)))
            {
                throw item.Error($"added token {JsonField.Quote(token.Content)} comes twice");
            }

            tokens.Add(token);
        }

        return tokens;
    }

    private static AddedToken ReadOne(JsonField item)
    {
        item.AllowOnly("id", "content", "single_word", "lstrip", "rstrip", "normalized", "special");
        string content = item.Get("content").AsString();
        return new AddedToken
        {
            Id = item.Get("id").AsCount(BpeModelReader.MaxTokenId),
            Content = content.Length > 0 ? content : throw item.Error("added token that is empty"),
            Special = item.Get("special").AsBoolean(),
            SingleWord = item.Get("single_word").AsBoolean(),
            StripsLeft = item.Get("lstrip").AsBoolean(),
            StripsRight = item.Get("rstrip").AsBoolean(),
            Normalized = item.Get("normalized").AsBoolean(),
        };
    }

    // Hugging Face's library goes by the vocabulary and, for new tokens, counts on from its size: what the file says
    // is only compared, with a warning. Here the two must agree.
    private static void CheckId(
        JsonField item, AddedToken token, Vocabulary vocabulary, HashSet<int> vocabularyIds, ref int nextId)
    {
        string name = JsonField.Quote(token.Content);
        if (!vocabulary.TryGetId(token.Content, out int id))
        {
            id = nextId++;
            if (vocabularyIds.Contains(id))
            {
                throw item.Error($"added token {name} would have id {id}, which another token has");
            }
        }

        if (id != token.Id)
        {
            throw item.Error($"added token {name} has id {token.Id}, by its place it would be {id}");
        }
    }
}
