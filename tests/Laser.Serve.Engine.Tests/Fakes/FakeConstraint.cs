using Laser.Serve.StructuredOutput;

namespace Laser.Serve.Engine.Tests.Fakes;

/// <summary>Allows some token sequences and nothing else; its states are the nodes of their prefix tree.</summary>
internal sealed class FakeConstraint : TokenConstraint
{
    private readonly int _wordCount;
    private readonly List<ulong[]> _allowed = [];
    private readonly List<bool> _canEnd = [];
    private readonly Dictionary<(int State, int TokenId), int> _next = [];

    public FakeConstraint(int vocabularySize, params int[][] texts)
    {
        _wordCount = (vocabularySize + 63) / 64;
        AddState();
        foreach (int[] text in texts)
        {
            _canEnd[text.Aggregate(StartState, GetOrAdd)] = true;
        }
    }

    public override int StartState => 0;

    public override ReadOnlySpan<ulong> AllowedTokens(int state) => _allowed[state];

    public override int Advance(int state, int tokenId) => _next[(state, tokenId)];

    public override bool CanEnd(int state) => _canEnd[state];

    public override bool MustEnd(int state) => _canEnd[state] && !_allowed[state].AsSpan().ContainsAnyExcept(0UL);

    private int GetOrAdd(int state, int tokenId)
    {
        if (!_next.TryGetValue((state, tokenId), out int next))
        {
            next = AddState();
            _next.Add((state, tokenId), next);
            _allowed[state][tokenId / 64] |= 1UL << (tokenId % 64);
        }

        return next;
    }

    private int AddState()
    {
        _allowed.Add(new ulong[_wordCount]);
        _canEnd.Add(false);
        return _canEnd.Count - 1;
    }
}
