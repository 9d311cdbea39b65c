namespace Laser.Client.Resilience;

/// <summary>The first token did not come in time; the inner exception of what users see.</summary>
internal sealed class FirstTokenTimeoutException(TimeSpan timeout)
    : TimeoutException($"The server sent nothing within {timeout}.");
