using System.Runtime.InteropServices;
using System.Text;

namespace Laser.Serve.Tokenization.Models;

/// <summary>
/// Byte-pair encoding: a word begins as its characters, and pairs of tokens merge in the order of the merge list.
/// </summary>
internal sealed class BpeModel
{
    private readonly MergeTable _merges;
    private readonly UnknownCharacters _unknown;
    private readonly bool _ignoreMerges;
    private readonly WordCache _cache = new();

    /// <param name="vocabulary">All tokens that merges name are in it.</param>
    /// <param name="merges">Pairs that merge.</param>
    /// <param name="unknown">What becomes of characters that are not in the vocabulary.</param>
    /// <param name="ignoreMerges">Whether a word that is in the vocabulary is that token, without merging.</param>
    public BpeModel(Vocabulary vocabulary, MergeTable merges, UnknownCharacters unknown, bool ignoreMerges)
    {
        Vocabulary = vocabulary;
        _merges = merges;
        _unknown = unknown;
        _ignoreMerges = ignoreMerges;
    }

    public Vocabulary Vocabulary { get; }

    /// <summary>Adds the tokens of a word to <paramref name="ids"/>.</summary>
    /// <param name="word">Well-formed text.</param>
    /// <param name="scratch">Overwritten.</param>
    /// <param name="ids">Receives the tokens.</param>
    public void Tokenize(ReadOnlySpan<char> word, BpeWord scratch, List<int> ids)
    {
        if (_ignoreMerges && Vocabulary.TryGetId(word, out int whole))
        {
            ids.Add(whole);
            return;
        }

        if (_cache.TryAppend(word, ids))
        {
            return;
        }

        int first = ids.Count;
        scratch.Clear();
        AddCharacters(word, scratch);
        scratch.MergeAll(_merges);
        scratch.CopyTo(ids);
        _cache.Add(word, CollectionsMarshal.AsSpan(ids)[first..]);
    }

    private void AddCharacters(ReadOnlySpan<char> word, BpeWord output)
    {
        // An unknown token waits for the next character that is no unknown one, as one token may stand for several.
        bool unknownWaits = false;
        int position = 0;
        foreach (Rune rune in word.EnumerateRunes())
        {
            ReadOnlySpan<char> character = word.Slice(position, rune.Utf16SequenceLength);
            position += rune.Utf16SequenceLength;
            if (Vocabulary.TryGetId(character, out int id))
            {
                AddUnknown(unknownWaits, output);
                unknownWaits = false;
                output.Add(id);
            }
            else if (!_unknown.TryAddBytes(rune, output))
            {
                AddUnknown(unknownWaits && !_unknown.Fuse, output);
                unknownWaits = true;
            }
        }

        AddUnknown(unknownWaits, output);
    }

    private void AddUnknown(bool waits, BpeWord output)
    {
        if (waits && _unknown.Token is int token)
        {
            output.Add(token);
        }
    }
}
