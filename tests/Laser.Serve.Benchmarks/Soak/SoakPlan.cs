using Laser.Serve.V1;

namespace Laser.Serve.Benchmarks.Soak;

/// <summary>How a call comes in.</summary>
internal enum SoakProtocol
{
    Native,
    OpenAi,
    OpenInference,
}

/// <summary>How a client leaves before its answer is complete.</summary>
internal enum Departure
{
    Stays,
    Cancels,
    PassesItsDeadline,
    ClosesItsSocket,
    ResetsItsSocket,
}

/// <summary>One call: what is asked for and how its client behaves.</summary>
internal sealed record SoakPlan
{
    /// <summary>By which it can be planned again; 0 for one that the load does not number.</summary>
    public int Number { get; init; }

    public required GenerateRequest Request { get; init; }

    public SoakProtocol Protocol { get; init; }

    public Departure Departure { get; init; }

    /// <summary>When it leaves, if it does.</summary>
    public TimeSpan LeavesAfter { get; init; }

    public bool ReadsSlowly { get; init; }

    /// <summary>Whether a field is out of range.</summary>
    public bool IsInvalid { get; init; }

    /// <summary>Which of the requests it is whose answers are known, if one.</summary>
    public int? Known { get; init; }

    /// <summary>Name of its row in the table.</summary>
    public string Kind => this switch
    {
        { IsInvalid: true } => "out of range",
        { Departure: not Departure.Stays } => $"{Protocol}, {Spaced(Departure)}",
        { Known: not null } => "answer known before",
        { ReadsSlowly: true } => "slow reader",
        { Request.Constraint: not null } => "constraint",
        { Request.HasN: true } => $"{Protocol}, n > 1",
        _ => $"{Protocol}",
    };

    private static string Spaced(Departure departure) => departure switch
    {
        Departure.Cancels => "cancels",
        Departure.PassesItsDeadline => "deadline",
        Departure.ClosesItsSocket => "closes its socket",
        _ => "resets its socket",
    };
}
