using System.Runtime.InteropServices;

namespace Laser.Serve.StructuredOutput.Automata;

/// <summary>
/// A nondeterministic automaton over bytes that is being put together. States are numbers from 0 on. Not thread-safe.
/// </summary>
internal sealed class PartialAutomaton(CompileBudget budget)
{
    private const int None = -1;

    private readonly List<Edge> _edges = [];
    private readonly List<(int To, int Next)> _jumps = [];
    private readonly List<int> _firstEdge = [];
    private readonly List<int> _firstJump = [];

    public int StateCount => _firstEdge.Count;

    public int AddState()
    {
        budget.AddPartialState();
        _firstEdge.Add(None);
        _firstJump.Add(None);
        return _firstEdge.Count - 1;
    }

    /// <summary>From one state to the other by a byte of this range.</summary>
    public void AddEdge(int from, byte first, byte last, int to)
    {
        _edges.Add(new Edge(first, last, to, _firstEdge[from]));
        _firstEdge[from] = _edges.Count - 1;
    }

    /// <summary>From one state to the other without a byte.</summary>
    public void AddJump(int from, int to)
    {
        _jumps.Add((to, _firstJump[from]));
        _firstJump[from] = _jumps.Count - 1;
    }

    /// <summary>Whether bytes lead on from a state.</summary>
    public bool HasEdges(int state) => _firstEdge[state] != None;

    /// <summary>Walks the edges of a state: begin with <c>null</c>, end at <c>null</c>.</summary>
    public Edge? NextEdge(int state, Edge? edge)
    {
        int index = edge is null ? _firstEdge[state] : edge.Value.Next;
        return index == None ? null : _edges[index];
    }

    /// <summary>Puts all states that can be reached from some without a byte on a stack.</summary>
    public void PushJumps(int state, Stack<int> stack)
    {
        for (int index = _firstJump[state]; index != None; index = _jumps[index].Next)
        {
            stack.Push(_jumps[index].To);
        }
    }

    /// <summary>Classes of bytes that no edge tells apart.</summary>
    public ByteClasses FindClasses()
    {
        bool[] starts = new bool[257];
        foreach (Edge edge in CollectionsMarshal.AsSpan(_edges))
        {
            starts[edge.First] = true;
            starts[edge.Last + 1] = true;
        }

        return ByteClasses.FromStarts(starts);
    }

    /// <summary>Bytes from <paramref name="First"/> to <paramref name="Last"/> lead to a state.</summary>
    public readonly record struct Edge(byte First, byte Last, int To, int Next);
}
