using Grpc.Core;
using Laser.Serve.Simulation.Load;
using Laser.Serve.Simulation.Running;
using Laser.Serve.V1;

namespace Laser.Cli.Bench;

/// <summary>Makes calls and notes what is seen of them.</summary>
/// <param name="generate">What a request goes to.</param>
/// <param name="sequenceCount">Sequences that requests ask for.</param>
/// <param name="time">The clock.</param>
internal sealed class Caller(GenerateCall generate, int sequenceCount, TimeProvider time)
{
    /// <summary>Makes a call and reads it to its end; never fails.</summary>
    /// <param name="request">The request.</param>
    /// <param name="planned">What it was made of.</param>
    /// <param name="intended">When it was to be sent, as a timestamp.</param>
    /// <param name="interrupted">Cancelled when the bench is stopped.</param>
    public async Task<CallRecord> CallAsync(
        GenerateRequest request, PlannedRequest planned, long intended, CancellationToken interrupted)
    {
        var record = new CallRecord(sequenceCount, planned.Prompt.Length, planned.OutputLength)
        {
            Intended = intended,
            Sent = time.GetTimestamp(),
        };
        using CancellationTokenSource? givesUp = Patience(planned);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(
            interrupted, givesUp?.Token ?? CancellationToken.None);
        try
        {
            await foreach (GenerateResponse message in generate(request, either.Token).ConfigureAwait(false))
            {
                record.Received(message, time.GetTimestamp());
            }
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            record.Failure = e is RpcException failure ? failure.Status : Status.DefaultCancelled;
            bool cancelled = record.Failure.StatusCode == StatusCode.Cancelled;
            record.End = cancelled && interrupted.IsCancellationRequested ? CallEnd.Interrupted
                : cancelled && givesUp is { IsCancellationRequested: true } ? CallEnd.Cancelled
                : CallEnd.Failed;
        }

        record.Ended = time.GetTimestamp();
        return record;
    }

    private CancellationTokenSource? Patience(PlannedRequest planned) => planned.Cancellation is long cancellation
        ? new CancellationTokenSource(
            TimeSpan.FromSeconds(SimulatedClock.ToSeconds(cancellation - planned.Arrival)), time)
        : null;
}
