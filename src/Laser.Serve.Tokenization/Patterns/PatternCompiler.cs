namespace Laser.Serve.Tokenization.Patterns;

/// <summary>Turns a parsed pattern into steps.</summary>
internal sealed class PatternCompiler
{
    private const int MaxInstructions = 20_000;

    private readonly List<PatternInstruction> _program = [];

    /// <exception cref="PatternSyntaxException">The pattern becomes too long.</exception>
    public static PatternInstruction[] Compile(PatternNode node)
    {
        var compiler = new PatternCompiler();
        compiler.Emit(node);
        compiler.Add(new PatternInstruction(PatternOperation.End));
        return [.. compiler._program];
    }

    private int Add(PatternInstruction instruction)
    {
        if (_program.Count == MaxInstructions)
        {
            throw new PatternSyntaxException("repetitions that make too long a pattern", 0);
        }

        _program.Add(instruction);
        return _program.Count - 1;
    }

    private void SetTarget(int index, int target)
    {
        _program[index] = _program[index] with { Target = target };
    }

    private void Emit(PatternNode node)
    {
        switch (node)
        {
            case PatternNode.Set set:
                Add(new PatternInstruction(PatternOperation.Set) { Set = set.Characters });
                break;
            case PatternNode.Concatenation concatenation:
                foreach (PatternNode item in concatenation.Items)
                {
                    Emit(item);
                }

                break;
            case PatternNode.Alternation alternation:
                EmitAlternation(alternation);
                break;
            case PatternNode.Repetition { Item: PatternNode.Set set, Kind: not RepetitionKind.Lazy } repetition:
                Add(new PatternInstruction(PatternOperation.SetLoop)
                {
                    Set = set.Characters,
                    Least = repetition.Least,
                    Most = repetition.Most ?? int.MaxValue,
                    Possessive = repetition.Kind == RepetitionKind.Possessive,
                });
                break;
            case PatternNode.Repetition { Kind: RepetitionKind.Possessive } repetition:
                EmitEnclosed(PatternOperation.Atomic, repetition with { Kind = RepetitionKind.Greedy });
                break;
            case PatternNode.Repetition repetition:
                EmitRepetition(repetition);
                break;
            case PatternNode.Atomic atomic:
                EmitEnclosed(PatternOperation.Atomic, atomic.Item);
                break;
            case PatternNode.LookAhead look:
                EmitEnclosed(PatternOperation.LookAhead, look.Item, look.Negative);
                break;
            case PatternNode.LineEdge edge:
                Add(new PatternInstruction(edge.AtEnd ? PatternOperation.LineEnd : PatternOperation.LineStart));
                break;
        }
    }

    private void EmitAlternation(PatternNode.Alternation alternation)
    {
        var jumps = new List<int>();
        for (int i = 0; i < alternation.Choices.Count - 1; i++)
        {
            int choice = Add(new PatternInstruction(PatternOperation.TryNextFirst));
            Emit(alternation.Choices[i]);
            jumps.Add(Add(new PatternInstruction(PatternOperation.Jump)));
            SetTarget(choice, _program.Count);
        }

        Emit(alternation.Choices[^1]);
        foreach (int jump in jumps)
        {
            SetTarget(jump, _program.Count);
        }
    }

    private void EmitRepetition(PatternNode.Repetition repetition)
    {
        for (int i = 0; i < repetition.Least; i++)
        {
            Emit(repetition.Item);
        }

        PatternOperation tryAgain = repetition.Kind == RepetitionKind.Lazy
            ? PatternOperation.TryTargetFirst
            : PatternOperation.TryNextFirst;
        if (repetition.Most is null)
        {
            int loop = Add(new PatternInstruction(tryAgain));
            Emit(repetition.Item);
            Add(new PatternInstruction(PatternOperation.Jump) { Target = loop });
            SetTarget(loop, _program.Count);
            return;
        }

        var exits = new List<int>();
        for (int i = repetition.Least; i < repetition.Most; i++)
        {
            exits.Add(Add(new PatternInstruction(tryAgain)));
            Emit(repetition.Item);
        }

        foreach (int exit in exits)
        {
            SetTarget(exit, _program.Count);
        }
    }

    private void EmitEnclosed(PatternOperation operation, PatternNode item, bool negative = false)
    {
        int start = Add(new PatternInstruction(operation) { Negative = negative });
        Emit(item);
        Add(new PatternInstruction(PatternOperation.End));
        SetTarget(start, _program.Count);
    }
}
