namespace Laser.Client.Calls;

/// <summary>How long a call may take.</summary>
/// <param name="FirstToken">Of one attempt, to its first message; null for no limit.</param>
/// <param name="Total">Of everything; null for no limit.</param>
internal readonly record struct CallLimits(TimeSpan? FirstToken, TimeSpan? Total);
