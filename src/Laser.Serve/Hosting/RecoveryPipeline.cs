using Polly;
using Polly.Retry;

namespace Laser.Serve.Hosting;

/// <summary>
/// The tries to get a lost device back as a Polly pipeline; what it executes is one of them. The first comes at once, the
/// others after 1, 2, 4 ... 30 seconds, more or less: drivers reset devices within seconds. None comes behind one that did
/// not end in time, and may still have the device.
/// </summary>
internal static class RecoveryPipeline
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    /// <param name="attempts">Most tries.</param>
    /// <param name="time">Clock of the delays.</param>
    /// <param name="failed">Told which try failed why, and how long it is to the next.</param>
    public static ResiliencePipeline Create(int attempts, TimeProvider time, Action<int, Exception, TimeSpan> failed)
    {
        if (attempts <= 1)
        {
            return ResiliencePipeline.Empty;
        }

        var builder = new ResiliencePipelineBuilder { TimeProvider = time };
        return builder.AddRetry(new RetryStrategyOptions
        {
            Name = "laser-serve-recovery",
            MaxRetryAttempts = attempts - 1,
            BackoffType = DelayBackoffType.Exponential,
            Delay = FirstDelay,
            MaxDelay = LongestDelay,
            UseJitter = true,
            ShouldHandle = args => ValueTask.FromResult(
                args.Outcome.Exception is not (null or OperationCanceledException or TimeoutException)),
            OnRetry = args =>
            {
                failed(args.AttemptNumber + 1, args.Outcome.Exception!, args.RetryDelay);
                return ValueTask.CompletedTask;
            },
        }).Build();
    }
}
