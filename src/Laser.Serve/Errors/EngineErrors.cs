using Grpc.Core;
using Laser.Serve.Engine;

namespace Laser.Serve.Errors;

/// <summary>The one place that turns engine errors into gRPC errors.</summary>
internal static class EngineErrors
{
    // Long enough for a step or two to make room, short enough not to leave the server idle.
    private static readonly TimeSpan RetryWhenOverloaded = TimeSpan.FromSeconds(1);

    // About the time that another instance takes to be found, or a model to be loaded again.
    private static readonly TimeSpan RetryElsewhere = TimeSpan.FromSeconds(5);

    public static RpcException ToRpcException(EngineException e) => e.Error switch
    {
        EngineError.Overloaded => RpcErrors.ResourceExhausted("QUEUE_FULL", e.Message, RetryWhenOverloaded),
        EngineError.CacheExhausted => RpcErrors.ResourceExhausted("RAW_PAGES_EXHAUSTED", e.Message, RetryWhenOverloaded),
        EngineError.Draining => RpcErrors.Unavailable("DRAINING", e.Message, RetryElsewhere),
        EngineError.DeviceLost => RpcErrors.Unavailable("DEVICE_LOST", e.Message, RetryElsewhere),
        EngineError.Aborted => RpcErrors.Create(StatusCode.Aborted, "ABORTED", e.Message),
        EngineError.PromptTooLong => RpcErrors.InvalidArgument("prompt", Problem(e.Message)),
        EngineError.NonFinite => RpcErrors.Create(StatusCode.DataLoss, "NON_FINITE", e.Message),
        EngineError.NothingAllowed => RpcErrors.Create(StatusCode.InvalidArgument, "NOTHING_ALLOWED", e.Message),
        EngineError.StepFailed => RpcErrors.Create(StatusCode.Internal, "STEP_FAILED", e.Message),
        _ => RpcErrors.Create(StatusCode.Unknown, "UNKNOWN", e.Message),
    };

    private static string Problem(string sentence) => $"cannot fit: {sentence.TrimEnd('.')}";
}
