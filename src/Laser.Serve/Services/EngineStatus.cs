using Grpc.Core;
using Laser.Serve.Engine;

namespace Laser.Serve.Services;

/// <summary>The one place that turns engine errors into gRPC status codes.</summary>
internal static class EngineStatus
{
    public static RpcException ToRpcException(EngineException e) => new(new Status(
        e.Error switch
        {
            EngineError.Overloaded => StatusCode.ResourceExhausted,
            EngineError.PromptTooLong => StatusCode.InvalidArgument,
            EngineError.Draining => StatusCode.Unavailable,
            EngineError.CacheExhausted => StatusCode.ResourceExhausted,
            EngineError.NonFinite => StatusCode.DataLoss,
            EngineError.StepFailed => StatusCode.Internal,
            _ => StatusCode.Unknown,
        },
        e.Message));
}
