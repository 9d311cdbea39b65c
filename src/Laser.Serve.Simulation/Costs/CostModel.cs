namespace Laser.Serve.Simulation.Costs;

/// <summary>
/// The time of a step as a linear function of its <see cref="StepShape"/>. All coefficients are in seconds and not
/// negative.
/// </summary>
public sealed record CostModel
{
    /// <summary>Of a step, whatever is in it: the pass over the weights, and the engine's own work.</summary>
    public required double Step { get; init; }

    /// <summary>Of a token more: projections and feed-forward.</summary>
    public required double Token { get; init; }

    /// <summary>Of a sequence more: a row of logits, a sampled token, a reader.</summary>
    public required double Sequence { get; init; }

    /// <summary>Of a position of the cache more that is read, in all layers.</summary>
    public required double ContextToken { get; init; }

    /// <summary>Of a pair more of a row and a position that it attends to, in all layers.</summary>
    public required double Attended { get; init; }

    /// <summary>Time of a step, in seconds.</summary>
    public double SecondsOf(StepShape shape) =>
        Step
        + (Token * shape.TokenCount)
        + (Sequence * shape.SequenceCount)
        + (ContextToken * shape.ContextTokenCount)
        + (Attended * shape.AttendedCount);

    /// <summary>What is wrong with the coefficients, in a sentence; null if nothing is.</summary>
    public string? FindError()
    {
        foreach (double seconds in (ReadOnlySpan<double>)[Step, Token, Sequence, ContextToken, Attended])
        {
            if (!(seconds >= 0 && double.IsFinite(seconds)))
            {
                return $"A cost of {seconds} s is not zero or more.";
            }
        }

        return Step + Token + Sequence > 0 ? null : "A step that costs nothing has no place in time.";
    }
}
