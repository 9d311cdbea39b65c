namespace Laser.Serve.StructuredOutput.Automata;

/// <summary>
/// A deterministic automaton over the bytes of UTF-8 texts. It has no state from which no end can be reached, and no two
/// states that mean the same. Immutable.
/// </summary>
internal sealed class Automaton
{
    /// <summary>In place of a state: no text goes on so.</summary>
    public const int Dead = -1;

    /// <summary>Where a text begins, unless there is none (<see cref="IsEmpty"/>).</summary>
    public const int Start = 0;

    private readonly int[] _table;
    private readonly bool[] _accepting;

    /// <param name="classes">Columns of the table.</param>
    /// <param name="table">The state after a state (row) and a byte of a class (column), or <see cref="Dead"/>.</param>
    /// <param name="accepting">Whether a text may end in a state.</param>
    public Automaton(ByteClasses classes, int[] table, bool[] accepting)
    {
        Classes = classes;
        _table = table;
        _accepting = accepting;
    }

    public ByteClasses Classes { get; }

    public int StateCount => _accepting.Length;

    /// <summary>Whether no text is accepted.</summary>
    public bool IsEmpty => StateCount == 0;

    public bool IsAccepting(int state) => _accepting[state];

    /// <summary>The state after a byte.</summary>
    public int Next(int state, byte value) => _table[(state * Classes.Count) + Classes[value]];

    /// <summary>The states after each class of bytes.</summary>
    public ReadOnlySpan<int> Row(int state) => _table.AsSpan(state * Classes.Count, Classes.Count);

    /// <summary>The state after some bytes.</summary>
    public int Walk(int state, ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length && state != Dead; i++)
        {
            state = Next(state, bytes[i]);
        }

        return state;
    }

    /// <summary>Whether a text is accepted.</summary>
    public bool Accepts(ReadOnlySpan<byte> text)
    {
        int state = IsEmpty ? Dead : Walk(Start, text);
        return state != Dead && _accepting[state];
    }
}
