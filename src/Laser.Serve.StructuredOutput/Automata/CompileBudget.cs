namespace Laser.Serve.StructuredOutput.Automata;

/// <summary>What one compilation has used of its limits. Not thread-safe.</summary>
internal sealed class CompileBudget(ConstraintLimits limits, SpecPlace place)
{
    private long _steps;
    private int _partialStates;

    /// <exception cref="ConstraintException">That is more work than allowed.</exception>
    public void Work(long steps = 1)
    {
        _steps += steps;
        if (_steps > limits.MaxSteps)
        {
            throw place.Error("too large: compiling it takes too much work");
        }
    }

    /// <exception cref="ConstraintException">That are more states than allowed.</exception>
    public void AddPartialState()
    {
        Work();
        if (++_partialStates > limits.MaxPartialStates)
        {
            throw place.Error($"too large: it has more than {limits.MaxPartialStates} parts, repetitions written out");
        }
    }

    /// <exception cref="ConstraintException">An automaton of that size is larger than allowed.</exception>
    public void CheckStates(int states, int classCount)
    {
        if (states > limits.MaxStates || (long)states * classCount > limits.MaxTransitions)
        {
            throw place.Error($"too large: its automaton has more than {states - 1} states");
        }
    }
}
