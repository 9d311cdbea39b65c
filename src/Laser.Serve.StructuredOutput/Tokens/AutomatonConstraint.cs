using Laser.Serve.StructuredOutput.Automata;
using Laser.Serve.Tokenization;

namespace Laser.Serve.StructuredOutput.Tokens;

/// <summary>
/// A constraint whose states are those of an automaton over bytes. A mask is worked out when a state is first asked for
/// it. A token is allowed if more tokens can finish the text behind it. Thread-safe.
/// </summary>
internal sealed class AutomatonConstraint : TokenConstraint
{
    private readonly Automaton _automaton;
    private readonly bool[] _live;
    private readonly TokenTrie _trie;
    private readonly ITokenizer _tokenizer;
    private readonly MaskStore _store;
    private readonly ulong[]?[] _masks;

    /// <param name="automaton">Which texts fit.</param>
    /// <param name="live">States from which tokens lead to an end; the start is one.</param>
    /// <param name="trie">The tokens.</param>
    /// <param name="tokenizer">Has the tokens' bytes.</param>
    /// <param name="store">Bounds the memory of masks.</param>
    public AutomatonConstraint(
        Automaton automaton,
        bool[] live,
        TokenTrie trie,
        ITokenizer tokenizer,
        MaskStore store)
    {
        _automaton = automaton;
        _live = live;
        _trie = trie;
        _tokenizer = tokenizer;
        _store = store;
        _masks = new ulong[]?[automaton.StateCount];
    }

    public override int StartState => Automaton.Start;

    public Automaton Automaton => _automaton;

    /// <summary>Memory that it takes without its masks, in bytes.</summary>
    public long Size => _automaton.StateCount * ((sizeof(int) * (long)_automaton.Classes.Count) + sizeof(long) + 2);

    public override ReadOnlySpan<ulong> AllowedTokens(int state)
    {
        return Volatile.Read(ref _masks[state]) ?? _store.Add(_masks, state, MakeMask(state));
    }

    public override int Advance(int state, int tokenId)
    {
        ReadOnlySpan<byte> bytes = _tokenizer.IsSpecial(tokenId) ? [] : _tokenizer.TokenBytes(tokenId);
        int next = bytes.IsEmpty ? Automaton.Dead : _automaton.Walk(state, bytes);
        return next != Automaton.Dead && _live[next]
            ? next
            : throw new ArgumentException($"token {tokenId} is not allowed in state {state}", nameof(tokenId));
    }

    public override bool CanEnd(int state) => _automaton.IsAccepting(state);

    public override bool MustEnd(int state)
    {
        return CanEnd(state) && (!GoesOn(state) || !AllowedTokens(state).ContainsAnyExcept(0UL));
    }

    private bool GoesOn(int state) => _automaton.Row(state).ContainsAnyExcept(Automaton.Dead);

    private ulong[] MakeMask(int state)
    {
        ulong[] mask = new ulong[_trie.MaskLength];
        var visitor = new MaskVisitor(mask, _live);
        _trie.Walk(_automaton, state, ref visitor);
        return mask;
    }

    private readonly ref struct MaskVisitor(Span<ulong> mask, ReadOnlySpan<bool> live) : ITokenVisitor
    {
        private readonly Span<ulong> _mask = mask;
        private readonly ReadOnlySpan<bool> _live = live;

        public bool Visit(int state, ReadOnlySpan<int> tokenIds)
        {
            if (_live[state])
            {
                foreach (int id in tokenIds)
                {
                    _mask[id >> 6] |= 1UL << id;
                }
            }

            return true;
        }
    }
}
