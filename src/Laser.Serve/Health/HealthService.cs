using Grpc.Core;
using Laser.Serve.Errors;
using Laser.Serve.Protocol.Health;
using static Laser.Serve.Protocol.Health.HealthCheckResponse.Types;

namespace Laser.Serve.Health;

/// <summary>The standard health service (grpc/grpc, doc/health-checking.md).</summary>
internal sealed class HealthService(ServiceHealth health) : Protocol.Health.Health.HealthBase
{
    /// <inheritdoc />
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) =>
        health.Knows(request.Service)
            ? Task.FromResult(Response(health.StatusOf(request.Service)))
            : throw RpcErrors.NotFound("service", request.Service, $"There is no service '{request.Service}' here.");

    /// <inheritdoc />
    public override Task<HealthListResponse> List(HealthListRequest request, ServerCallContext context)
    {
        var response = new HealthListResponse();
        foreach (string name in health.Names)
        {
            response.Statuses.Add(name, Response(health.StatusOf(name)));
        }

        return Task.FromResult(response);
    }

    /// <inheritdoc />
    public override async Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        // An open call would hold up the closing of the sockets, so it ends with them.
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, health.Closed);
        ServingStatus? sent = null;
        try
        {
            while (true)
            {
                (ServingStatus status, Task changed) = Observe(request.Service);
                if (status != sent)
                {
                    await responseStream.WriteAsync(Response(status), end.Token);
                    sent = status;
                }

                await changed.WaitAsync(end.Token);
            }
        }
        catch (OperationCanceledException) when (health.Closed.IsCancellationRequested)
        {
            throw RpcErrors.Unavailable("DRAINING", "The server is shutting down.", TimeSpan.FromSeconds(5));
        }
    }

    // Services do not come and go: an unknown one stays unknown, and the protocol keeps the call open all the same.
    private (ServingStatus Status, Task Changed) Observe(string name) =>
        health.Knows(name) ? health.Observe(name) : (ServingStatus.ServiceUnknown, Task.Delay(Timeout.Infinite));

    private static HealthCheckResponse Response(ServingStatus status) => new() { Status = status };
}
