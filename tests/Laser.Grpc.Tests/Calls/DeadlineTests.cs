using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using Laser.Grpc.Tests.Hosting;
using Laser.Grpc.Tests.V1;

namespace Laser.Grpc.Tests.Calls;

public sealed class DeadlineTests(EchoServer server) : IClassFixture<EchoServer>, IDisposable
{
    private const string Wait = "/laser.grpc.tests.Echo/Wait";

    private static readonly (string, string) Timeout = ("grpc-timeout", "200m");

    private readonly RawClient _raw = new(server.Address);

    public void Dispose() => _raw.Dispose();

    // The first four are sent raw: that client has no clock of its own, so the answer is the server's.
    [Fact]
    public async Task Wait_HandlerHonoursTheDeadline_IsCancelled()
    {
        var request = new WaitRequest { Id = "honoured deadline" };

        using HttpResponseMessage response = await _raw.PostAsync(Wait, RawClient.Frame(request), Timeout);

        Assert.Equal("4", await ReadStatusAsync(response));
        Assert.IsAssignableFrom<OperationCanceledException>(await server.Probes[request.Id].Finished.Task);
    }

    [Fact]
    public async Task Wait_HandlerIgnoresTheDeadline_ServerAnswersWithoutIt()
    {
        var request = new WaitRequest { Id = "ignored deadline", IgnoresCancellation = true };
        CallProbe probe = server.Probes[request.Id];

        using HttpResponseMessage response = await _raw.PostAsync(Wait, RawClient.Frame(request), Timeout);

        Assert.Equal("4", await ReadStatusAsync(response));
        probe.Released.SetResult();
        Exception? late = await probe.Finished.Task;
        Assert.True(
            TestedLayer.Choose(ours: late is OperationCanceledException, packages: late is InvalidOperationException));
    }

    [OwnLayerFact("The packages reset the call, so that the status is lost.")]
    public async Task Wait_HandlerWritesToAClientThatDoesNotRead_IsCancelled()
    {
        var request = new WaitRequest { Id = "blocked writer", Floods = true };

        using HttpResponseMessage response = await _raw.PostAsync(Wait, RawClient.Frame(request), Timeout);

        Assert.IsAssignableFrom<OperationCanceledException>(await server.Probes[request.Id].Finished.Task);
        Assert.Equal("4", await ReadStatusAsync(response));
    }

    [OwnLayerFact("The packages reset the call, so that the status is lost.")]
    public async Task ClientStream_ClientSendsNothing_IsAnswered()
    {
        using var open = new OpenContent();

        using HttpResponseMessage response = await _raw.SendAsync(
            HttpMethod.Post,
            "/laser.grpc.tests.Echo/ClientStream",
            open,
            "application/grpc",
            HttpVersion.Version20,
            Timeout);

        Assert.Equal("4", await ReadStatusAsync(response));
    }

    [Fact]
    public async Task UnaryAsync_SilentServer_EndsByTheClientsClock()
    {
        using GrpcChannel channel = server.Connect();

        var error = await Assert.ThrowsAsync<RpcException>(async () => await channel.CreateCallInvoker().AsyncUnaryCall(
            RawEndpoints.Method("Silent"), null, new CallOptions(deadline: DateTime.UtcNow.AddMilliseconds(500)), ""));

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        await server.SilenceEnded;
    }

    [Fact]
    public async Task Wait_DeadlinePasses_EndsTheStream()
    {
        using var call = server.Client.Wait(
            new WaitRequest { Id = "both clocks" }, deadline: DateTime.UtcNow.AddMilliseconds(200));

        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        Assert.Equal(StatusCode.DeadlineExceeded, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task UnaryAsync_DeadlineInThePast_IsNotSent()
    {
        using var call = server.Client.UnaryAsync(new EchoMessage(), deadline: DateTime.UtcNow.AddSeconds(-1));

        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    [Fact]
    public async Task UnaryAsync_DeadlineFarAway_Succeeds()
    {
        await server.Client.UnaryAsync(new EchoMessage(), deadline: DateTime.UtcNow.AddYears(100));
        await server.Client.UnaryAsync(new EchoMessage(), deadline: DateTime.MaxValue);
    }

    [Fact]
    public void UnaryAsync_LocalTime_IsRefused() =>
        Assert.Throws<InvalidOperationException>(
            () => server.Client.UnaryAsync(new EchoMessage(), deadline: DateTime.Now.AddHours(1)));

    private static async Task<string> ReadStatusAsync(HttpResponseMessage response)
    {
        await response.Content.ReadAsByteArrayAsync();
        return response.TrailingHeaders.Concat(response.Headers)
            .Single(header => header.Key == "grpc-status")
            .Value.Single();
    }
}
