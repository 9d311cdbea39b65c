namespace Laser.Serve.StructuredOutput;

/// <summary>What the caches of a <see cref="ConstraintCompiler"/> hold and how often they helped.</summary>
/// <param name="Hits">Requests whose constraint was there.</param>
/// <param name="Misses">Requests whose constraint had to be compiled, those that were refused among them.</param>
/// <param name="Constraints">Constraints that are kept.</param>
/// <param name="ConstraintBytes">Memory of their automata.</param>
/// <param name="MaskBytes">Memory of the token masks that are kept.</param>
public readonly record struct ConstraintStatistics(
    long Hits,
    long Misses,
    int Constraints,
    long ConstraintBytes,
    long MaskBytes);
