using Laser.Serve.Tokenization;

namespace Laser.Serve.StructuredOutput.Tokens;

/// <summary>Builds the nodes of a <see cref="TokenTrie"/>, from tokens in the order of their bytes.</summary>
internal sealed class TrieBuilder
{
    private readonly Stack<int> _open = [];
    private readonly List<TrieNode> _nodes = [];
    private readonly List<int> _tokenIds = [];

    /// <summary>The nodes and one behind them, and the tokens in their order.</summary>
    public static (TrieNode[] Nodes, int[] TokenIds) Build(ITokenizer tokenizer)
    {
        // A longer token could not be walked in one step; no tokenizer has one.
        (byte[] Bytes, int Id)[] tokens = [.. Enumerable.Range(0, tokenizer.VocabularySize)
            .Where(id => !tokenizer.IsSpecial(id))
            .Select(id => (tokenizer.TokenBytes(id).ToArray(), id))
            .Where(token => token.Item1.Length is > 0 and <= ushort.MaxValue)];
        Array.Sort(tokens, (left, right) => left.Bytes.AsSpan().SequenceCompareTo(right.Bytes) is var order and not 0
            ? order
            : left.Id.CompareTo(right.Id));

        var builder = new TrieBuilder();
        byte[] last = [];
        foreach ((byte[] bytes, int id) in tokens)
        {
            builder.CloseTo(bytes.AsSpan().CommonPrefixLength(last));
            builder.Open(bytes);
            builder._tokenIds.Add(id);
            last = bytes;
        }

        builder.CloseTo(0);
        builder._nodes.Add(new TrieNode(0, builder._tokenIds.Count, 0, 0));
        return ([.. builder._nodes], [.. builder._tokenIds]);
    }

    private void CloseTo(int depth)
    {
        while (_open.Count > depth)
        {
            int node = _open.Pop();
            _nodes[node] = _nodes[node] with { End = _nodes.Count };
        }
    }

    private void Open(byte[] bytes)
    {
        while (_open.Count < bytes.Length)
        {
            _open.Push(_nodes.Count);
            _nodes.Add(new TrieNode(0, _tokenIds.Count, (ushort)_open.Count, bytes[_open.Count - 1]));
        }
    }
}
