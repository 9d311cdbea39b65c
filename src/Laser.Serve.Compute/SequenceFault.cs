namespace Laser.Serve.Compute;

/// <summary>
/// Why a sequence of a step has no usable result. Faults concern one sequence; the others of the step are unaffected.
/// </summary>
public enum SequenceFault
{
    /// <summary>None: the result is good.</summary>
    None,

    /// <summary>A value projection was NaN, infinite or larger than 2^20.</summary>
    ValueOutOfRange,

    /// <summary>Attention gave a number that is not finite: corrupt weights or a bug.</summary>
    NonFiniteOutput,

    /// <summary>A block had to keep raw values and no raw page was left.</summary>
    RawPoolExhausted,
}
