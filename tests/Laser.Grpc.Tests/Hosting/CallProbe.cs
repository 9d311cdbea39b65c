namespace Laser.Grpc.Tests.Hosting;

/// <summary>Where a test meets a handler, so that it need not guess how long something takes.</summary>
public sealed class CallProbe
{
    /// <summary>Completes when the handler runs.</summary>
    public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Lets the handler go on.</summary>
    public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the handler has ended, with what it failed with.</summary>
    public TaskCompletionSource<Exception?> Finished { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
