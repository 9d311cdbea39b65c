using Grpc.Core;
using Laser.Grpc.AspNetCore.Binding;
using Microsoft.Extensions.Logging;

namespace Laser.Grpc.AspNetCore.Calls;

internal sealed class DuplexStreamingCallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method,
    MethodSettings settings,
    ILogger logger,
    DuplexStreamingServerMethod<TRequest, TResponse> handler)
    : CallHandler<TRequest, TResponse>(method, settings, logger)
    where TRequest : class
    where TResponse : class
{
    protected override Task InvokeAsync(ServerCall call)
    {
        call.AllowSlowRequests();
        return handler(OpenRequests(call), OpenResponses(call), call);
    }
}
