using System.Buffers;
using Laser.Serve.StructuredOutput.Automata;
using Laser.Serve.Tokenization;

namespace Laser.Serve.StructuredOutput.Tokens;

/// <summary>
/// The bytes of a vocabulary as a tree, so that tokens with the same beginning are walked together. The nodes lie in the
/// order of a depth-first walk: what is below a node follows it, and to leave that out is one jump. Special tokens and
/// those without bytes are not in it. Immutable.
/// </summary>
internal sealed class TokenTrie
{
    private const int StackLimit = 512;

    private readonly byte[] _bytes;
    private readonly ushort[] _depths;
    private readonly int[] _ends;
    private readonly int[] _tokenStarts;
    private readonly int[] _tokenIds;
    private readonly int _maxDepth;

    public TokenTrie(ITokenizer tokenizer)
    {
        VocabularySize = tokenizer.VocabularySize;
        TrieNodes nodes = TrieNodes.Build(tokenizer);
        _bytes = [.. nodes.Bytes];
        _depths = [.. nodes.Depths];
        _ends = [.. nodes.Ends];
        _tokenStarts = [.. nodes.TokenStarts, nodes.TokenIds.Count];
        _tokenIds = [.. nodes.TokenIds];
        _maxDepth = _depths.DefaultIfEmpty().Max();
        for (int i = 0; i < _bytes.Length; i++)
        {
            if (_depths[i] == 1 && HasTokens(i))
            {
                SingleBytes[_bytes[i]] = true;
            }
        }
    }

    public int VocabularySize { get; }

    public int NodeCount => _bytes.Length;

    /// <summary>Words of a mask, a bit for each id.</summary>
    public int MaskLength => (VocabularySize + 63) / 64;

    /// <summary>The bytes that are tokens by themselves.</summary>
    public bool[] SingleBytes { get; } = new bool[256];

    /// <summary>Calls a visitor with each state that a token leads to, and the tokens.</summary>
    /// <returns>Nodes that were looked at.</returns>
    public int Walk<TVisitor>(Automaton automaton, int state, ref TVisitor visitor)
        where TVisitor : struct, ITokenVisitor, allows ref struct
    {
        int[]? rented = null;
        Span<int> states = _maxDepth < StackLimit
            ? stackalloc int[StackLimit]
            : (rented = ArrayPool<int>.Shared.Rent(_maxDepth + 1));
        states[0] = state;
        int looked = 0;
        for (int node = 0; node < _bytes.Length; looked++)
        {
            int depth = _depths[node];
            int next = automaton.Next(states[depth - 1], _bytes[node]);
            states[depth] = next;
            if (next == Automaton.Dead)
            {
                node = _ends[node];
                continue;
            }

            if (HasTokens(node) && !visitor.Visit(next, TokensAt(node)))
            {
                break;
            }

            node++;
        }

        if (rented is not null)
        {
            ArrayPool<int>.Shared.Return(rented);
        }

        return looked;
    }

    private bool HasTokens(int node) => _tokenStarts[node] < _tokenStarts[node + 1];

    private ReadOnlySpan<int> TokensAt(int node)
    {
        return _tokenIds.AsSpan(_tokenStarts[node], _tokenStarts[node + 1] - _tokenStarts[node]);
    }
}
