namespace Laser.Cli.Bench;

/// <summary>Calls that failed with the same status.</summary>
/// <param name="Count">How many.</param>
/// <param name="Example">What the first of them said.</param>
internal sealed record FailureCount(long Count, string Example);
