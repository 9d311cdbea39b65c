using Grpc.Core;
using Laser.Client.Balancing;
using Laser.Client.Calls;
using Polly.CircuitBreaker;

namespace Laser.Client.Resilience;

/// <summary>Decides whether a call is tried again after a failed attempt, and when.</summary>
internal sealed class RetryPlan(EndpointPool pool, Backoff backoff)
{
    /// <returns>The wait before the next attempt, or null for none.</returns>
    public TimeSpan? Next(CallScope call, Exception? error)
    {
        if (error is not RpcException e || e.Status.DebugException is BrokenCircuitException)
        {
            return null;
        }

        TimeSpan? asked = e.GetErrorDetails().RetryDelay;
        if (!IsTransient(e.StatusCode, asked))
        {
            return null;
        }

        // What one server asks for binds no other: its queue is full, or it drains.
        if (pool.HasFresh(call.Asked))
        {
            return TimeSpan.Zero;
        }

        TimeSpan? wait = asked is { } delay ? backoff.Next(delay) : backoff.Next(call.Round);
        if (wait is null || wait >= call.Remaining)
        {
            return null;
        }

        call.StartRound();
        return wait;
    }

    // Without a time to come back, RESOURCE_EXHAUSTED is a limit that stays, such as that on the size of a message.
    private static bool IsTransient(StatusCode status, TimeSpan? asked) =>
        status == StatusCode.Unavailable || (status == StatusCode.ResourceExhausted && asked is not null);
}
