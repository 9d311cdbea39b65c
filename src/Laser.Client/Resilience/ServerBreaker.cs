using Grpc.Core;
using Laser.Client.Balancing;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;

namespace Laser.Client.Resilience;

/// <summary>The circuit breaker of one server, as a Polly pipeline.</summary>
internal static class ServerBreaker
{
    public static ResiliencePipeline Create(
        ServerAddress address, LaserResilienceOptions options, TimeProvider time, ILogger logger)
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = time };
        return builder.AddCircuitBreaker(new CircuitBreakerStrategyOptions
        {
            Name = "laser-client-breaker",
            FailureRatio = options.BreakerFailureRatio,
            MinimumThroughput = options.BreakerMinimumCalls,
            SamplingDuration = options.BreakerSamplingDuration,
            BreakDuration = options.BreakerBreakDuration,
            ShouldHandle = args => ValueTask.FromResult(IsServersFault(args.Outcome.Exception)),
            OnOpened = args =>
            {
                ClientLog.CircuitOpened(logger, address, args.BreakDuration);
                return ValueTask.CompletedTask;
            },
            OnClosed = _ =>
            {
                ClientLog.CircuitClosed(logger, address);
                return ValueTask.CompletedTask;
            },
        }).Build();
    }

    // A full queue, a refused request or a deadline of the caller say nothing against a server.
    private static bool IsServersFault(Exception? error) => error is RpcException e && e.StatusCode switch
    {
        StatusCode.Unavailable or StatusCode.Internal or StatusCode.Unknown => true,
        StatusCode.DeadlineExceeded => e.Status.DebugException is FirstTokenTimeoutException,
        _ => false,
    };
}
