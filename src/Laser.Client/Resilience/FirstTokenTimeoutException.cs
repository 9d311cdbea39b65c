namespace Laser.Client.Resilience;

/// <summary>Tells a first token that did not come from other deadlines; the inner exception of what users see.</summary>
internal sealed class FirstTokenTimeoutException(TimeSpan timeout)
    : TimeoutException($"The server sent nothing within {timeout}.");
