using Grpc.Core;
using Laser.Grpc.AspNetCore.Binding;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Laser.Grpc.AspNetCore.Calls;

/// <summary>
/// Handles the calls of one method. One object serves all calls; a call's state is in <see cref="ServerCall"/>.
/// </summary>
/// <typeparam name="TRequest">The request message.</typeparam>
/// <typeparam name="TResponse">The response message.</typeparam>
internal abstract class CallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, MethodSettings settings, ILogger logger)
    where TRequest : class
    where TResponse : class
{
    /// <summary>Handles one call; the endpoint of the method.</summary>
    public Task HandleAsync(HttpContext http) =>
        RequestCheck.TryAccept(http) ? RunAsync(new ServerCall(http, method, settings, logger)) : Task.CompletedTask;

    /// <summary>Reads what the handler needs, runs it and sends what it returns; the status follows.</summary>
    protected abstract Task InvokeAsync(ServerCall call);

    protected RequestStream<TRequest> OpenRequests(ServerCall call) =>
        new(call, method.RequestMarshaller.ContextualDeserializer, settings.MaxReceiveMessageSize);

    protected ResponseStream<TResponse> OpenResponses(ServerCall call) =>
        new(call, method.ResponseMarshaller.ContextualSerializer);

    /// <summary>
    /// Sends the only response of a call. Where the handler set another status than OK, only that is sent.
    /// </summary>
    protected Task RespondAsync(ServerCall call, TResponse? response)
    {
        if (call.Status.StatusCode != StatusCode.OK)
        {
            return Task.CompletedTask;
        }

        if (response is null)
        {
            throw new RpcException(
                new Status(StatusCode.Internal, $"The handler of '{method.FullName}' returned no message."));
        }

        // Not flushed, so that message and status go out together.
        WriteFlags flags = WriteFlags.BufferHint | (call.WriteOptions?.Flags ?? default);
        return call.Response.WriteAsync(
            method.ResponseMarshaller.ContextualSerializer, response, flags, call.CancellationToken);
    }

    private async Task RunAsync(ServerCall call)
    {
        try
        {
            call.Start();
            await InvokeAsync(call);
            await call.SucceedAsync();
        }
        catch (Exception error)
        {
            await call.FailAsync(error);
        }
        finally
        {
            call.Dispose();
        }
    }
}
