using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Laser.Grpc.AspNetCore.Binding;

namespace Laser.Grpc.AspNetCore.Interceptors;

/// <summary>Puts interceptors around handlers, once per method; the instances are taken per call.</summary>
internal static class InterceptorPipeline
{
    public static UnaryServerMethod<TRequest, TResponse> Wrap<TRequest, TResponse>(
        IEnumerable<InterceptorRegistration> interceptors, UnaryServerMethod<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class
    {
        return interceptors.Reverse().Aggregate(handler, (next, registration) => async (request, context) =>
        {
            await using Lease<Interceptor> lease = Acquire(registration, context);
            return await lease.Instance.UnaryServerHandler(request, context, next);
        });
    }

    public static ClientStreamingServerMethod<TRequest, TResponse> Wrap<TRequest, TResponse>(
        IEnumerable<InterceptorRegistration> interceptors, ClientStreamingServerMethod<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class
    {
        return interceptors.Reverse().Aggregate(handler, (next, registration) => async (requests, context) =>
        {
            await using Lease<Interceptor> lease = Acquire(registration, context);
            return await lease.Instance.ClientStreamingServerHandler(requests, context, next);
        });
    }

    public static ServerStreamingServerMethod<TRequest, TResponse> Wrap<TRequest, TResponse>(
        IEnumerable<InterceptorRegistration> interceptors, ServerStreamingServerMethod<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class
    {
        return interceptors.Reverse().Aggregate(handler, (next, registration) => async (request, responses, context) =>
        {
            await using Lease<Interceptor> lease = Acquire(registration, context);
            await lease.Instance.ServerStreamingServerHandler(request, responses, context, next);
        });
    }

    public static DuplexStreamingServerMethod<TRequest, TResponse> Wrap<TRequest, TResponse>(
        IEnumerable<InterceptorRegistration> interceptors, DuplexStreamingServerMethod<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class
    {
        return interceptors.Reverse().Aggregate(handler, (next, registration) => async (requests, responses, context) =>
        {
            await using Lease<Interceptor> lease = Acquire(registration, context);
            await lease.Instance.DuplexStreamingServerHandler(requests, responses, context, next);
        });
    }

    private static Lease<Interceptor> Acquire(InterceptorRegistration registration, ServerCallContext context) =>
        registration.Acquire(context.GetHttpContext().RequestServices);
}
