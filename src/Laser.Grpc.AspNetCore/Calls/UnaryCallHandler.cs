using Grpc.Core;
using Laser.Grpc.AspNetCore.Binding;
using Microsoft.Extensions.Logging;

namespace Laser.Grpc.AspNetCore.Calls;

internal sealed class UnaryCallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method,
    MethodSettings settings,
    ILogger logger,
    UnaryServerMethod<TRequest, TResponse> handler)
    : CallHandler<TRequest, TResponse>(method, settings, logger)
    where TRequest : class
    where TResponse : class
{
    protected override async Task InvokeAsync(ServerCall call)
    {
        TRequest request = await OpenRequests(call).ReadSingleAsync();
        TResponse response = await handler(request, call);
        await RespondAsync(call, response);
    }
}
