using Grpc.Core;
using Laser.Grpc.AspNetCore.Binding;
using Microsoft.Extensions.Logging;

namespace Laser.Grpc.AspNetCore.Calls;

internal sealed class ClientStreamingCallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method,
    MethodSettings settings,
    ILogger logger,
    ClientStreamingServerMethod<TRequest, TResponse> handler)
    : CallHandler<TRequest, TResponse>(method, settings, logger)
    where TRequest : class
    where TResponse : class
{
    protected override async Task InvokeAsync(ServerCall call)
    {
        call.AllowSlowRequests();
        TResponse response = await handler(OpenRequests(call), call);
        await RespondAsync(call, response);
    }
}
