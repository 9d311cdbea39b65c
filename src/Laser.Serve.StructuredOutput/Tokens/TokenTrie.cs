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

    // One more than there are, so that the tokens of a node end where those of the next begin.
    private readonly TrieNode[] _nodes;
    private readonly int[] _tokenIds;
    private readonly int _maxDepth;

    public TokenTrie(ITokenizer tokenizer)
    {
        VocabularySize = tokenizer.VocabularySize;
        (_nodes, _tokenIds) = TrieBuilder.Build(tokenizer);
        for (int i = 0; i < NodeCount; i++)
        {
            _maxDepth = Math.Max(_maxDepth, _nodes[i].Depth);
            if (_nodes[i].Depth == 1 && TokensAt(i).Length > 0)
            {
                SingleBytes[_nodes[i].Value] = true;
            }
        }
    }

    public int VocabularySize { get; }

    public int NodeCount => _nodes.Length - 1;

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
        ReadOnlySpan<TrieNode> nodes = _nodes;
        for (int i = 0; i < nodes.Length - 1; looked++)
        {
            ref readonly TrieNode node = ref nodes[i];
            int next = automaton.Next(states[node.Depth - 1], node.Value);
            states[node.Depth] = next;
            if (next == Automaton.Dead)
            {
                i = node.End;
                continue;
            }

            i++;
            int tokenCount = nodes[i].TokenStart - node.TokenStart;
            if (tokenCount > 0 && !visitor.Visit(next, _tokenIds.AsSpan(node.TokenStart, tokenCount)))
            {
                break;
            }
        }

        if (rented is not null)
        {
            ArrayPool<int>.Shared.Return(rented);
        }

        return looked;
    }

    private ReadOnlySpan<int> TokensAt(int node)
    {
        int start = _nodes[node].TokenStart;
        return _tokenIds.AsSpan(start, _nodes[node + 1].TokenStart - start);
    }
}
