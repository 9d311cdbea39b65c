using System.Runtime.InteropServices;

namespace Laser.Serve.Engine.Cache;

/// <summary>
/// Finds the block that holds some tokens behind a prefix. An entry is a full block with its tokens and the entry
/// before it, so it stands for the whole prefix up to its end. What is found is compared token by token and entry by
/// entry: a hash only says where to look. Numbers are never used twice, so an entry whose predecessor is gone is never
/// found. Its memory is there from the start.
/// </summary>
internal sealed class PrefixCache
{
    private const int None = -1;

    private readonly int _blockSize;
    private readonly int[] _tokens;
    private readonly Entry[] _entries;
    private readonly int[] _buckets;
    private long _lastNumber;

    public PrefixCache(int blockCount, int blockSize)
    {
        _blockSize = blockSize;
        _tokens = new int[checked(blockCount * blockSize)];
        _entries = new Entry[blockCount];
        _buckets = new int[blockCount];
        Array.Fill(_buckets, None);
    }

    /// <summary>Whether a block is an entry.</summary>
    public bool Contains(int block) => _entries[block].Number > 0;

    /// <summary>The place behind an entry.</summary>
    public PrefixChain After(int block) => new(_entries[block].Number, _entries[block].Before.Salt);

    /// <summary>The block with these tokens at a place, if there is one.</summary>
    /// <param name="place">Where.</param>
    /// <param name="tokens">As many as a block has.</param>
    /// <param name="block">The block.</param>
    public bool TryFind(in PrefixChain place, ReadOnlySpan<int> tokens, out int block)
    {
        block = _buckets[BucketOf(in place, tokens)];
        while (block != None && !(_entries[block].Before == place && TokensOf(block).SequenceEqual(tokens)))
        {
            block = _entries[block].Next;
        }

        return block != None;
    }

    /// <summary>Makes a full block an entry. Nothing may be there, and the block must be none yet.</summary>
    public void Add(in PrefixChain place, ReadOnlySpan<int> tokens, int block)
    {
        ref int bucket = ref _buckets[BucketOf(in place, tokens)];
        _entries[block] = new Entry(++_lastNumber, place, bucket);
        tokens.CopyTo(TokensOf(block));
        bucket = block;
    }

    /// <summary>Forgets an entry.</summary>
    public void Remove(int block)
    {
        ref int link = ref _buckets[BucketOf(in _entries[block].Before, TokensOf(block))];
        while (link != block)
        {
            link = ref _entries[link].Next;
        }

        link = _entries[block].Next;
        _entries[block] = default;
    }

    private Span<int> TokensOf(int block) => _tokens.AsSpan(block * _blockSize, _blockSize);

    // HashCode has a seed of its own in every process: nobody can choose prompts that collide.
    private int BucketOf(in PrefixChain place, ReadOnlySpan<int> tokens)
    {
        var hash = new HashCode();
        hash.Add(place.Number);
        hash.Add(place.Salt);
        hash.AddBytes(MemoryMarshal.AsBytes(tokens));
        return (int)((uint)hash.ToHashCode() % (uint)_buckets.Length);
    }

    private struct Entry(long number, PrefixChain before, int next)
    {
        public readonly long Number = number;
        public readonly PrefixChain Before = before;
        public int Next = next;
    }
}
