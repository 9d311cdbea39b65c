using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Grpc.Core;
using Laser.Grpc.AspNetCore.Calls;
using Laser.Grpc.AspNetCore.Interceptors;
using Microsoft.Extensions.Logging;

namespace Laser.Grpc.AspNetCore.Binding;

/// <summary>Makes an endpoint of every method that generated code names.</summary>
/// <typeparam name="TService">The service.</typeparam>
internal sealed class ServiceBinder<[DynamicallyAccessedMembers(ServiceMembers.All)] TService>(
    MethodSettings settings, ILogger logger) : ServiceBinderBase
    where TService : class
{
    private readonly ServiceActivator<TService> _activator = new();
    private readonly List<MethodEndpoint> _endpoints = [];

    public IReadOnlyList<MethodEndpoint> Endpoints => _endpoints;

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        MethodInfo info = Find(method, typeof(TRequest), typeof(ServerCallContext));
        var invoke = info.CreateDelegate<Func<TService, TRequest, ServerCallContext, Task<TResponse>>>();
        UnaryServerMethod<TRequest, TResponse> run = InterceptorPipeline.Wrap(
            settings.Interceptors,
            new UnaryServerMethod<TRequest, TResponse>(async (request, context) =>
            {
                await using Lease<TService> service = Acquire(context);
                return await invoke(service.Instance, request, context);
            }));

        Add(method, info, new UnaryCallHandler<TRequest, TResponse>(method, settings, logger, run));
    }

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        MethodInfo info = Find(method, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext));
        var invoke = info
            .CreateDelegate<Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>>>();
        ClientStreamingServerMethod<TRequest, TResponse> run = InterceptorPipeline.Wrap(
            settings.Interceptors,
            new ClientStreamingServerMethod<TRequest, TResponse>(async (requests, context) =>
            {
                await using Lease<TService> service = Acquire(context);
                return await invoke(service.Instance, requests, context);
            }));

        Add(method, info, new ClientStreamingCallHandler<TRequest, TResponse>(method, settings, logger, run));
    }

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        MethodInfo info = Find(
            method, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        var invoke = info
            .CreateDelegate<Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task>>();
        ServerStreamingServerMethod<TRequest, TResponse> run = InterceptorPipeline.Wrap(
            settings.Interceptors,
            new ServerStreamingServerMethod<TRequest, TResponse>(async (request, responses, context) =>
            {
                await using Lease<TService> service = Acquire(context);
                await invoke(service.Instance, request, responses, context);
            }));

        Add(method, info, new ServerStreamingCallHandler<TRequest, TResponse>(method, settings, logger, run));
    }

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        MethodInfo info = Find(
            method,
            typeof(IAsyncStreamReader<TRequest>),
            typeof(IServerStreamWriter<TResponse>),
            typeof(ServerCallContext));
        var invoke = info.CreateDelegate<
            Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task>>();
        DuplexStreamingServerMethod<TRequest, TResponse> run = InterceptorPipeline.Wrap(
            settings.Interceptors,
            new DuplexStreamingServerMethod<TRequest, TResponse>(async (requests, responses, context) =>
            {
                await using Lease<TService> service = Acquire(context);
                await invoke(service.Instance, requests, responses, context);
            }));

        Add(method, info, new DuplexStreamingCallHandler<TRequest, TResponse>(method, settings, logger, run));
    }

    private static MethodInfo Find(IMethod method, params Type[] parameters) =>
        typeof(TService).GetMethod(method.Name, BindingFlags.Instance | BindingFlags.Public, parameters)
        ?? throw new InvalidOperationException(
            $"'{typeof(TService)}' has no method '{method.Name}' for '{method.FullName}'.");

    private Lease<TService> Acquire(ServerCallContext context) =>
        _activator.Acquire(context.GetHttpContext().RequestServices);

    private void Add<TRequest, TResponse>(IMethod method, MethodInfo info, CallHandler<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class
    {
        object[] metadata =
            [.. typeof(TService).GetCustomAttributes(inherit: true), .. info.GetCustomAttributes(inherit: true)];
        _endpoints.Add(new MethodEndpoint(method, handler.HandleAsync, metadata));
    }
}
