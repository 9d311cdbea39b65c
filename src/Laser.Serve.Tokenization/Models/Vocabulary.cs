namespace Laser.Serve.Tokenization.Models;

/// <summary>The tokens of a model and their ids.</summary>
internal sealed class Vocabulary
{
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _idsBySpan;

    /// <param name="ids">By token, compared ordinally; ids are distinct.</param>
    public Vocabulary(Dictionary<string, int> ids)
    {
        _ids = ids;
        _idsBySpan = ids.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public int Count => _ids.Count;

    public IReadOnlyDictionary<string, int> Tokens => _ids;

    public bool TryGetId(ReadOnlySpan<char> token, out int id)
    {
        return _idsBySpan.TryGetValue(token, out id);
    }
}
