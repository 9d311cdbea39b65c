using System.Collections.Concurrent;

namespace Laser.Serve.Tokenization.Models;

/// <summary>
/// Tokens of short words seen before. Keeps the first words it is given until it is full; a text is mostly made of few
/// words. Thread-safe.
/// </summary>
internal sealed class WordCache
{
    private const int MaxWords = 16_384;
    private const int MaxWordLength = 64;

    private readonly ConcurrentDictionary<string, int[]> _words = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _wordsBySpan;
    private int _count;

    public WordCache()
    {
        _wordsBySpan = _words.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Adds the tokens of a word to <paramref name="ids"/>, if they are known.</summary>
    public bool TryAppend(ReadOnlySpan<char> word, List<int> ids)
    {
        if (word.Length > MaxWordLength || !_wordsBySpan.TryGetValue(word, out int[]? tokens))
        {
            return false;
        }

        ids.AddRange(tokens);
        return true;
    }

    /// <summary>Remembers a word, if it is short and there is room.</summary>
    public void Add(ReadOnlySpan<char> word, ReadOnlySpan<int> tokens)
    {
        // Threads may overshoot the limit by one word each.
        if (word.Length <= MaxWordLength
            && Volatile.Read(ref _count) < MaxWords
            && _words.TryAdd(word.ToString(), tokens.ToArray()))
        {
            Interlocked.Increment(ref _count);
        }
    }
}
