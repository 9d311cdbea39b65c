namespace Laser.Cli.Bench;

/// <summary>A message with tokens and the time since the one before it.</summary>
/// <param name="Time">Timestamps of the clock from the message before it in its sequence.</param>
/// <param name="TokenCount">Tokens that it carries, which share the time.</param>
internal readonly record struct TokenGap(long Time, int TokenCount);
