using Grpc.Core;
using Grpc.Net.Client;
using Laser.Grpc.Protocol;

namespace Laser.Grpc.Client;

/// <summary>Starts calls as HTTP/2 requests.</summary>
internal sealed class HttpCallInvoker(GrpcChannel channel) : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        using AsyncUnaryCall<TResponse> call = AsyncUnaryCall(method, host, options, request);
        return call.ResponseAsync.GetAwaiter().GetResult();
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        ClientCall<TRequest, TResponse> call = StartWith(method, options, request);
        return new AsyncUnaryCall<TResponse>(
            Observed(call.ReadSingleAsync()), call.ResponseHeaders, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        ClientCall<TRequest, TResponse> call = StartWith(method, options, request);
        return new AsyncServerStreamingCall<TResponse>(
            new ResponseStreamReader<TRequest, TResponse>(call),
            call.ResponseHeaders,
            call.GetStatus,
            call.GetTrailers,
            call.Dispose);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var (call, requests) = Start(method, options);
        return new AsyncClientStreamingCall<TRequest, TResponse>(
            requests,
            Observed(call.ReadSingleAsync()),
            call.ResponseHeaders,
            call.GetStatus,
            call.GetTrailers,
            call.Dispose);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var (call, requests) = Start(method, options);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            requests,
            new ResponseStreamReader<TRequest, TResponse>(call),
            call.ResponseHeaders,
            call.GetStatus,
            call.GetTrailers,
            call.Dispose);
    }

    private ClientCall<TRequest, TResponse> StartWith<TRequest, TResponse>(
        Method<TRequest, TResponse> method, CallOptions options, TRequest request)
        where TRequest : class
        where TResponse : class
    {
        ArgumentNullException.ThrowIfNull(request);
        var content = new MessageContent();
        content.Write(
            method.RequestMarshaller,
            request,
            channel.MaxSendMessageSize,
            CallRequest.FindCompression(options.Headers, channel.Encodings),
            options.WriteOptions?.Flags ?? default);
        var call = new ClientCall<TRequest, TResponse>(channel, method, options);
        call.Start(content);
        return call;
    }

    private (ClientCall<TRequest, TResponse> Call, RequestStreamWriter<TRequest, TResponse> Requests)
        Start<TRequest, TResponse>(Method<TRequest, TResponse> method, CallOptions options)
        where TRequest : class
        where TResponse : class
    {
        var content = new RequestStreamContent();
        var call = new ClientCall<TRequest, TResponse>(channel, method, options);
        var requests = new RequestStreamWriter<TRequest, TResponse>(
            call,
            content,
            method.RequestMarshaller,
            new MessageWriter(channel.MaxSendMessageSize)
            {
                Compression = CallRequest.FindCompression(options.Headers, channel.Encodings),
            },
            options.WriteOptions);
        call.Start(content);
        call.Lifetime.Ended.ContinueWith(
            static (_, content) => ((RequestStreamContent)content!).Abandon(), content, TaskScheduler.Default);
        return (call, requests);
    }

    /// <summary>
    /// A response nobody waits for must not surface as an unobserved exception; its error is in the status, too.
    /// </summary>
    private static Task<T> Observed<T>(Task<T> task)
    {
        task.ContinueWith(
            static failed => _ = failed.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return task;
    }
}
