using Grpc.Core;
using Laser.Client.Tests.Fakes;

namespace Laser.Client.Tests;

public sealed class CancellationTests : IAsyncLifetime, IDisposable
{
    private readonly CancellationTokenSource _cancel = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FakeServer _server = null!;

    public async Task InitializeAsync() => _server = await FakeServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _cancel.Dispose();

    [Fact]
    public async Task Generate_CancelledBeforeTheFirstToken_ThrowsForTheTokenAndTellsTheServer()
    {
        _server.Then(Script.Hang(_started, _cancelled));
        using LaserClient client = TestClients.Create(_server);

        Task<string> text = client.GenerateAsync(TestClients.Request(), _cancel.Token).TextAsync();
        await _started.Task;
        await _cancel.CancelAsync();

        await AssertCancelledAsync(text);
        await _cancelled.Task;
    }

    [Fact]
    public async Task Generate_CancelledInTheMiddle_ThrowsForTheTokenAndTellsTheServer()
    {
        _server.Then(OneTokenThenHang);
        using LaserClient client = TestClients.Create(_server);

        Task<string> text = client.GenerateAsync(TestClients.Request(), _cancel.Token).TextAsync();
        await _started.Task;
        await _cancel.CancelAsync();

        await AssertCancelledAsync(text);
        await _cancelled.Task;
    }

    [Fact]
    public async Task Generate_TokenOfTheEnumeration_CancelsToo()
    {
        _server.Then(OneTokenThenHang);
        using LaserClient client = TestClients.Create(_server);

        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (string _ in client.GenerateAsync("Once").WithCancellation(_cancel.Token))
            {
                await _cancel.CancelAsync();
            }
        });

        await _cancelled.Task;
        Assert.NotNull(e);
    }

    [Fact]
    public async Task Generate_LoopLeft_StopsTheServersWork()
    {
        _server.Then(OneTokenThenHang);
        using LaserClient client = TestClients.Create(_server);

        await foreach (string _ in client.GenerateAsync("Once"))
        {
            break;
        }

        await _cancelled.Task;
    }

    [Fact]
    public async Task GenerateOnce_CancelledWhileItWaitsToTryAgain_Throws()
    {
        var clock = new TestClock();
        _server.Then(Script.Fail(StatusCode.Unavailable));
        using LaserClient client = TestClients.Create(_server, clock);

        Task text = client.GenerateOnceAsync("Once", cancellationToken: _cancel.Token);
        await clock.NextWaitAsync();
        await _cancel.CancelAsync();

        await AssertCancelledAsync(text);
        Assert.Single(_server.Calls);
    }

    [Fact]
    public async Task GetModel_CancelledBeforehand_SendsNothing()
    {
        using LaserClient client = TestClients.Create(_server);
        await _cancel.CancelAsync();

        await AssertCancelledAsync(client.GetModelAsync(cancellationToken: _cancel.Token));

        Assert.Empty(_server.Calls);
    }

    [Fact]
    public async Task Dispose_WithACallRunning_EndsIt()
    {
        _server.Then(Script.Hang(_started, _cancelled));
        LaserClient client = TestClients.Create(_server);

        Task text = client.GenerateOnceAsync("Once");
        await _started.Task;
        await client.DisposeAsync();

        await Assert.ThrowsAnyAsync<Exception>(() => text);
        await _cancelled.Task;
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetModelAsync());
    }

    private async Task OneTokenThenHang(Func<Serve.V1.GenerateResponse, Task> write, ServerCallContext context)
    {
        await write(Script.Token(0, isLast: false));
        await Script.Hang(_started, _cancelled)(write, context);
    }

    private async Task AssertCancelledAsync(Task call)
    {
        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(_cancel.Token, e.CancellationToken);
    }
}
