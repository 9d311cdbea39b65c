using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Laser.Grpc.Tests.Hosting;
using Laser.Grpc.Tests.V1;

namespace Laser.Grpc.Tests.Calls;

public sealed class InterceptorTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _seen = new();
    private readonly EchoServer _server;

    public InterceptorTests()
    {
        _server = new EchoServer(options =>
        {
            options.Interceptors.Add<Recorder>("outer", _seen);
            options.Interceptors.Add<Recorder>("inner", _seen);
        });
    }

    public Task InitializeAsync() => _server.InitializeAsync();

    public Task DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task ServerInterceptors_EachKindOfCall_SeeItInOrder()
    {
        await _server.Client.UnaryAsync(new EchoMessage());
        using var serverStream = _server.Client.ServerStream(new EchoMessage());
        await serverStream.ResponseStream.MoveNext();
        using var clientStream = _server.Client.ClientStream();
        await clientStream.RequestStream.CompleteAsync();
        await clientStream;
        using var duplex = _server.Client.Duplex();
        await duplex.RequestStream.CompleteAsync();
        await duplex.ResponseStream.MoveNext();

        Assert.Equal(
            [
                "outer Unary", "inner Unary",
                "outer ServerStream", "inner ServerStream",
                "outer ClientStream", "inner ClientStream",
                "outer Duplex", "inner Duplex",
            ],
            _seen);
    }

    [Fact]
    public async Task ClientInterceptors_EachKindOfCall_SeeItInOrder()
    {
        using var channel = _server.Connect();
        ConcurrentQueue<string> seen = new();
        var client = new Echo.EchoClient(channel.Intercept(new Recorder("first", seen), new Recorder("second", seen)));

        await client.UnaryAsync(new EchoMessage());
        client.Unary(new EchoMessage());
        using var serverStream = client.ServerStream(new EchoMessage());
        using var clientStream = client.ClientStream();
        using var duplex = client.Duplex();

        Assert.Equal(
            [
                "first UnaryAsync", "second UnaryAsync",
                "first Unary", "second Unary",
                "first ServerStream", "second ServerStream",
                "first ClientStream", "second ClientStream",
                "first Duplex", "second Duplex",
            ],
            seen);
    }

    private sealed class Recorder(string name, ConcurrentQueue<string> seen) : Interceptor
    {
        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            Record("Unary");
            return continuation(request, context);
        }

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            Record("UnaryAsync");
            return continuation(request, context);
        }

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            Record("ServerStream");
            return continuation(request, context);
        }

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            Record("ClientStream");
            return continuation(context);
        }

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            Record("Duplex");
            return continuation(context);
        }

        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            Record("Unary");
            return continuation(request, context);
        }

        public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream,
            ServerCallContext context,
            ClientStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Record("ClientStream");
            return continuation(requestStream, context);
        }

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Record("ServerStream");
            return continuation(request, responseStream, context);
        }

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            DuplexStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Record("Duplex");
            return continuation(requestStream, responseStream, context);
        }

        private void Record(string method) => seen.Enqueue($"{name} {method}");
    }
}
