using Laser.Serve.StructuredOutput.Expressions;

namespace Laser.Serve.StructuredOutput.Automata;

/// <summary>
/// Builds a list with separators. Two rails run side by side: on one no item has come yet, on the other the next item
/// needs a separator. Both lead to the same copy of it, which lists in lists would otherwise double at each level.
/// </summary>
internal sealed class ListRails(
    PartialAutomaton states,
    Expression separator,
    Func<Expression, int, int> add,
    int start)
{
    private int? _bare = start;
    private int? _filled;

    public void AddItem(Expression item)
    {
        _filled = add(item, AddEntry());
        _bare = null;
    }

    public void AddOptionalItems(Expression item, int count)
    {
        if (count == 0)
        {
            return;
        }

        int exit = states.AddState();
        int? bare = _bare;
        for (int i = 0; i < count; i++)
        {
            JumpIfThere(_filled, exit);
            AddItem(item);
        }

        JumpIfThere(_filled, exit);
        _bare = bare;
        _filled = exit;
    }

    public void AddAnyNumber(Expression item)
    {
        int exit = states.AddState();
        int entry = AddEntry();
        int end = add(item, entry);
        states.AddJump(add(separator, end), entry);
        states.AddJump(end, exit);
        JumpIfThere(_filled, exit);
        _filled = exit;
    }

    public int End()
    {
        int end = states.AddState();
        JumpIfThere(_bare, end);
        JumpIfThere(_filled, end);
        return end;
    }

    private int AddEntry()
    {
        int entry = states.AddState();
        JumpIfThere(_bare, entry);
        if (_filled is int filled)
        {
            states.AddJump(add(separator, filled), entry);
        }

        return entry;
    }

    private void JumpIfThere(int? from, int to)
    {
        if (from is int state)
        {
            states.AddJump(state, to);
        }
    }
}
