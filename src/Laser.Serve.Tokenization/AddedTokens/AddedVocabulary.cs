using Laser.Serve.Tokenization.Normalizers;

namespace Laser.Serve.Tokenization.AddedTokens;

/// <summary>The added tokens of a file, and where they are in a text.</summary>
internal sealed class AddedVocabulary
{
    private readonly Dictionary<string, int> _ids;
    private readonly HashSet<int> _special;
    private readonly AddedTokenFinder _raw;
    private readonly AddedTokenFinder _normalized;

    /// <param name="tokens">Contents and ids are distinct, no content is empty.</param>
    /// <param name="normalizer">Gives the tokens that are looked for in normalized text their form there.</param>
    public AddedVocabulary(IReadOnlyList<AddedToken> tokens, INormalizer? normalizer)
    {
        _ids = tokens.ToDictionary(token => token.Content, token => token.Id, StringComparer.Ordinal);
        _special = [.. tokens.Where(token => token.Special).Select(token => token.Id)];
        _raw = new AddedTokenFinder(tokens.Where(token => !token.Normalized).Select(token => (token.Content, token)));
        _normalized = new AddedTokenFinder(tokens.Where(token => token.Normalized)
            .Select(token => (normalizer is null ? token.Content : normalizer.Normalize(token.Content), token)));
    }

    public bool IsSpecial(int id)
    {
        return _special.Contains(id);
    }

    public bool TryGetId(string content, out int id)
    {
        return _ids.TryGetValue(content, out id);
    }

    /// <summary>Adds the parts of a raw text to <paramref name="segments"/>; none is empty.</summary>
    public void FindRaw(string text, List<TextSegment> segments)
    {
        _raw.Find(text, segments);
    }

    /// <summary>Adds the parts of a normalized text to <paramref name="segments"/>; none is empty.</summary>
    public void FindNormalized(string text, List<TextSegment> segments)
    {
        _normalized.Find(text, segments);
    }
}
