using Laser.Client.Calls;
using Polly;
using Polly.Retry;

namespace Laser.Client.Resilience;

/// <summary>The retries as a Polly pipeline; what it executes is one attempt.</summary>
internal static class RetryPipeline
{
    public static ResiliencePipeline Create(LaserResilienceOptions options, RetryPlan plan, TimeProvider time)
    {
        if (options.MaxRetries == 0)
        {
            return ResiliencePipeline.Empty;
        }

        var builder = new ResiliencePipelineBuilder { TimeProvider = time };
        return builder.AddRetry(new RetryStrategyOptions
        {
            Name = "laser-client-retry",
            MaxRetryAttempts = options.MaxRetries,
            ShouldHandle = args => ValueTask.FromResult(
                CallScope.Of(args.Context).Plan(plan, args.Outcome.Exception)),
            DelayGenerator = args => ValueTask.FromResult<TimeSpan?>(CallScope.Of(args.Context).NextDelay),
        }).Build();
    }
}
