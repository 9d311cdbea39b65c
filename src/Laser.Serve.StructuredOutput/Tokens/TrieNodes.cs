using Laser.Serve.Tokenization;

namespace Laser.Serve.StructuredOutput.Tokens;

/// <summary>The nodes of a <see cref="TokenTrie"/> while it is built, from tokens in the order of their bytes.</summary>
internal sealed class TrieNodes
{
    private readonly Stack<int> _open = [];

    public List<byte> Bytes { get; } = [];

    /// <summary>1 for the first byte of a token.</summary>
    public List<ushort> Depths { get; } = [];

    /// <summary>The node behind all that are below a node.</summary>
    public List<int> Ends { get; } = [];

    /// <summary>Where the tokens of a node begin in <see cref="TokenIds"/>.</summary>
    public List<int> TokenStarts { get; } = [];

    public List<int> TokenIds { get; } = [];

    public static TrieNodes Build(ITokenizer tokenizer)
    {
        // A longer token could not be walked in one step; no tokenizer has one.
        (byte[] Bytes, int Id)[] tokens = [.. Enumerable.Range(0, tokenizer.VocabularySize)
            .Where(id => !tokenizer.IsSpecial(id))
            .Select(id => (tokenizer.TokenBytes(id).ToArray(), id))
            .Where(token => token.Item1.Length is > 0 and <= ushort.MaxValue)];
        Array.Sort(tokens, (left, right) => left.Bytes.AsSpan().SequenceCompareTo(right.Bytes) is var order and not 0
            ? order
            : left.Id.CompareTo(right.Id));

        var nodes = new TrieNodes();
        byte[] last = [];
        foreach ((byte[] bytes, int id) in tokens)
        {
            nodes.CloseTo(bytes.AsSpan().CommonPrefixLength(last));
            nodes.Open(bytes);
            nodes.TokenIds.Add(id);
            last = bytes;
        }

        nodes.CloseTo(0);
        return nodes;
    }

    private void CloseTo(int depth)
    {
        while (_open.Count > depth)
        {
            Ends[_open.Pop()] = Bytes.Count;
        }
    }

    private void Open(byte[] bytes)
    {
        while (_open.Count < bytes.Length)
        {
            _open.Push(Bytes.Count);
            Bytes.Add(bytes[_open.Count - 1]);
            Depths.Add((ushort)_open.Count);
            Ends.Add(0);
            TokenStarts.Add(TokenIds.Count);
        }
    }
}
