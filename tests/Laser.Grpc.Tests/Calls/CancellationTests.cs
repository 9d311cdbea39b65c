using Grpc.Core;
using Grpc.Net.Client;
using Laser.Grpc.Tests.Hosting;
using Laser.Grpc.Tests.V1;
using Microsoft.Extensions.Logging;

namespace Laser.Grpc.Tests.Calls;

public sealed class CancellationTests(EchoServer server) : IClassFixture<EchoServer>
{
    [Fact]
    public async Task Wait_TokenCancelled_EndsCallAndHandler()
    {
        using var cancellation = new CancellationTokenSource();
        using var call = server.Client.Wait(new WaitRequest { Id = "token" }, cancellationToken: cancellation.Token);
        await server.Probes["token"].Started.Task;

        await cancellation.CancelAsync();

        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.Cancelled, error.StatusCode);
        Assert.IsAssignableFrom<OperationCanceledException>(await server.Probes["token"].Finished.Task);
    }

    [Fact]
    public async Task Wait_Disposed_EndsHandler()
    {
        AsyncServerStreamingCall<EchoMessage> call = server.Client.Wait(new WaitRequest { Id = "dispose" });
        await server.Probes["dispose"].Started.Task;

        call.Dispose();

        Assert.IsAssignableFrom<OperationCanceledException>(await server.Probes["dispose"].Finished.Task);
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task Wait_ChannelDisposed_EndsHandler()
    {
        GrpcChannel channel = server.Connect();
        using var call = new Echo.EchoClient(channel).Wait(new WaitRequest { Id = "channel" });
        await server.Probes["channel"].Started.Task;

        channel.Dispose();

        Assert.IsAssignableFrom<OperationCanceledException>(await server.Probes["channel"].Finished.Task);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => call.ResponseStream.MoveNext());
        Assert.Throws<ObjectDisposedException>(channel.CreateCallInvoker);
    }

    [Fact]
    public async Task MoveNext_TokenCancelled_CancelsTheCall()
    {
        using var cancellation = new CancellationTokenSource();
        using var call = server.Client.Wait(new WaitRequest { Id = "read" });
        Task<bool> read = call.ResponseStream.MoveNext(cancellation.Token);
        await server.Probes["read"].Started.Task;

        await cancellation.CancelAsync();

        await Assert.ThrowsAsync<RpcException>(() => read);
        Assert.IsAssignableFrom<OperationCanceledException>(await server.Probes["read"].Finished.Task);
    }

    [Fact]
    public async Task ClientStream_Disposed_IsNoRegularEnd()
    {
        var call = server.Client.ClientStream();
        await call.RequestStream.WriteAsync(new EchoMessage { Text = "half" });

        call.Dispose();

        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal(StatusCode.Cancelled, error.StatusCode);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => call.RequestStream.WriteAsync(new EchoMessage()));
    }

    [Fact]
    public async Task Unary_CancelledInAHurry_LogsNoError()
    {
        var quiet = new EchoServer();
        await quiet.InitializeAsync();

        await Parallel.ForAsync(0, 500, async (i, _) =>
        {
            using var cancellation = new CancellationTokenSource();
            using var call = quiet.Client.UnaryAsync(
                new EchoMessage { Text = "quick" }, cancellationToken: cancellation.Token);
            for (int spin = 0; spin < i % 50; spin++)
            {
                await Task.Yield();
            }

            await cancellation.CancelAsync();
            await ((Task)call.ResponseAsync).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });

        // The connection is still good.
        await quiet.Client.UnaryAsync(new EchoMessage());
        await quiet.DisposeAsync();
        Assert.Empty(quiet.Logs.AtLeast(LogLevel.Warning));
    }
}
