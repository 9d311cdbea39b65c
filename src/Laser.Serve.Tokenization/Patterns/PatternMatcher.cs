namespace Laser.Serve.Tokenization.Patterns;

/// <summary>
/// Runs a compiled pattern by trying and going back. What it could go back to is on a stack of its own, one entry for
/// a whole repetition of a set, so that long texts neither overflow the thread's stack nor need memory for each
/// character.
/// </summary>
internal sealed class PatternMatcher(PatternInstruction[] program)
{
    private Choice[] _choices = new Choice[16];
    private int _choiceCount;

    /// <summary>Whether the pattern matches at <paramref name="position"/>, and up to where.</summary>
    public bool TryMatch(ReadOnlySpan<char> text, int position, out int end)
    {
        return Run(text, 0, position, out end);
    }

    /// <summary>UTF-16 units of the character at a position; one at the end of the text.</summary>
    public static int LengthAt(ReadOnlySpan<char> text, int position)
    {
        return position + 1 < text.Length && char.IsHighSurrogate(text[position]) ? 2 : 1;
    }

    private bool Run(ReadOnlySpan<char> text, int step, int position, out int end)
    {
        int bottom = _choiceCount;
        while (true)
        {
            PatternInstruction instruction = program[step];
            if (instruction.Operation == PatternOperation.End)
            {
                _choiceCount = bottom;
                end = position;
                return true;
            }

            if (Execute(text, instruction, ref step, ref position))
            {
                continue;
            }

            if (_choiceCount == bottom)
            {
                end = position;
                return false;
            }

            GoBack(text, out step, out position);
        }
    }

    private bool Execute(ReadOnlySpan<char> text, PatternInstruction instruction, ref int step, ref int position)
    {
        switch (instruction.Operation)
        {
            case PatternOperation.Set:
                step++;
                return TryTake(text, instruction.Set!, ref position);
            case PatternOperation.SetLoop:
                step++;
                return TryTakeMany(text, instruction, step, ref position);
            case PatternOperation.Jump:
                step = instruction.Target;
                return true;
            case PatternOperation.TryNextFirst:
                step++;
                Push(new Choice(instruction.Target, position, position));
                return true;
            case PatternOperation.TryTargetFirst:
                Push(new Choice(step + 1, position, position));
                step = instruction.Target;
                return true;
            case PatternOperation.Atomic:
                bool matches = Run(text, step + 1, position, out int end);
                step = instruction.Target;
                position = end;
                return matches;
            case PatternOperation.LookAhead:
                bool follows = Run(text, step + 1, position, out _);
                step = instruction.Target;
                return follows != instruction.Negative;
            case PatternOperation.LineStart:
                step++;
                return position == 0 || (text[position - 1] == '\n' && position < text.Length);
            default:
                step++;
                return position == text.Length || text[position] == '\n';
        }
    }

    private bool TryTakeMany(ReadOnlySpan<char> text, PatternInstruction loop, int next, ref int position)
    {
        CharacterSet set = loop.Set!;
        int count = 0;
        while (count < loop.Least)
        {
            if (!TryTake(text, set, ref position))
            {
                return false;
            }

            count++;
        }

        int least = position;
        while (count < loop.Most && TryTake(text, set, ref position))
        {
            count++;
        }

        if (!loop.Possessive && position > least)
        {
            Push(new Choice(next, position, least));
        }

        return true;
    }

    private static bool TryTake(ReadOnlySpan<char> text, CharacterSet set, ref int position)
    {
        if (position == text.Length)
        {
            return false;
        }

        int length = LengthAt(text, position);
        int scalar = length == 1 ? text[position] : char.ConvertToUtf32(text[position], text[position + 1]);
        if (!set.Contains(scalar))
        {
            return false;
        }

        position += length;
        return true;
    }

    private void Push(Choice choice)
    {
        if (_choiceCount == _choices.Length)
        {
            Array.Resize(ref _choices, 2 * _choices.Length);
        }

        _choices[_choiceCount++] = choice;
    }

    private void GoBack(ReadOnlySpan<char> text, out int step, out int position)
    {
        ref Choice choice = ref _choices[_choiceCount - 1];
        step = choice.Step;
        position = choice.Position;
        if (position > choice.Bound)
        {
            position -= position >= 2 && char.IsLowSurrogate(text[position - 1]) ? 2 : 1;
            choice = choice with { Position = position };
            _choiceCount -= position == choice.Bound ? 1 : 0;
        }
        else
        {
            _choiceCount--;
        }
    }

    /// <summary>Where to go on when the first try fails.</summary>
    /// <param name="Step">The step to go on with.</param>
    /// <param name="Position">Where in the text.</param>
    /// <param name="Bound">A greedy repetition may give back down to here; elsewhere the position itself.</param>
    private readonly record struct Choice(int Step, int Position, int Bound);
}
