using Grpc.Core;
using Laser.Client.Tests.Fakes;
using Laser.Serve.V1;

namespace Laser.Client.Tests;

public sealed class TimeoutTests : IAsyncLifetime
{
    private readonly TestClock _clock = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FakeServer _server = null!;

    public async Task InitializeAsync() => _server = await FakeServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Generate_NoFirstTokenInTime_FailsAndTellsTheServer()
    {
        _server.Then(Script.Hang(_started, _cancelled));
        using LaserClient client = Create(options => options.FirstTokenTimeout = TimeSpan.FromSeconds(9));

        Task<string> text = client.GenerateAsync(TestClients.Request()).TextAsync();
        await _started.Task;
        _clock.Advance(TimeSpan.FromSeconds(9));

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => text);
        Assert.Equal(StatusCode.DeadlineExceeded, e.StatusCode);
        Assert.IsAssignableFrom<TimeoutException>(e.InnerException);
        Assert.Contains("00:00:09", e.Status.Detail, StringComparison.Ordinal);
        await _cancelled.Task;
        Assert.Single(_server.Calls);
    }

    [Fact]
    public async Task Generate_SlowAfterItsFirstToken_GoesOn()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.Then(async (write, _) =>
        {
            await write(Script.Token(0, isLast: false));
            await go.Task;
            await write(Script.Token(1, isLast: true));
        });
        using LaserClient client = Create(options => options.FirstTokenTimeout = TimeSpan.FromSeconds(9));

        string text = "";
        await foreach (string piece in client.GenerateAsync("Once"))
        {
            text += piece;
            _clock.Advance(TimeSpan.FromHours(1));
            go.TrySetResult();
        }

        Assert.Equal("t0 t1 ", text);
    }

    [Fact]
    public async Task GenerateOnce_Slow_IsNotLimitedByTheFirstTokenTimeout()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.Then(async (write, _) =>
        {
            _started.SetResult();
            await go.Task;
            await write(Script.Token(0, isLast: true));
        });
        using LaserClient client = Create(options => options.FirstTokenTimeout = TimeSpan.FromSeconds(9));

        Task<string> text = client.GenerateOnceAsync("Once");
        await _started.Task;
        _clock.Advance(TimeSpan.FromHours(1));
        go.SetResult();

        Assert.Equal("t0 ", await text);
    }

    [Fact]
    public async Task GetModel_NoAnswerInTime_Fails()
    {
        _server.Then(Script.Hang(_started));
        using LaserClient client = Create(options => options.FirstTokenTimeout = TimeSpan.FromSeconds(9));

        Task<Model> model = client.GetModelAsync();
        await _started.Task;
        _clock.Advance(TimeSpan.FromSeconds(9));

        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => model)).StatusCode);
    }

    [Fact]
    public async Task Generate_TotalTimeout_EndsTheStreamInItsMiddle()
    {
        _server.Then(async (write, context) =>
        {
            await write(Script.Token(0, isLast: false));
            await Script.Hang(_started, _cancelled)(write, context);
        });
        using LaserClient client = Create(options => options.TotalTimeout = TimeSpan.FromHours(1));

        Task<string> text = client.GenerateAsync(TestClients.Request()).TextAsync();
        await _started.Task;
        _clock.Advance(TimeSpan.FromHours(1));

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => text);
        Assert.Equal(StatusCode.DeadlineExceeded, e.StatusCode);
        Assert.Contains("01:00:00", e.Status.Detail, StringComparison.Ordinal);
        await _cancelled.Task;
    }

    [Fact]
    public async Task Generate_TotalTimeout_TravelsAsTheDeadline()
    {
        using LaserClient client = Create(options => options.TotalTimeout = TimeSpan.FromHours(5));

        await client.GenerateOnceAsync("Once");

        TimeSpan left = _server.Calls.Single().Deadline - DateTime.UtcNow;
        Assert.InRange(left, TimeSpan.FromHours(4), TimeSpan.FromHours(5)); // the test has an hour
    }

    [Fact]
    public async Task Generate_NoTotalTimeout_HasNoDeadline()
    {
        using LaserClient client = Create(_ => { });

        await client.GenerateOnceAsync("Once");

        Assert.Equal(DateTime.MaxValue, _server.Calls.Single().Deadline);
    }

    [Fact]
    public async Task Generate_DeadlineOnTheWireClock_IsSeenByTheServerToo()
    {
        _server.Then(Script.Hang(_started, _cancelled));
        using var client = new LaserClient(new LaserClientOptions
        {
            Addresses = [_server.Address],
            TotalTimeout = TimeSpan.FromMilliseconds(300),
        });

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => client.GenerateOnceAsync("Once"));

        Assert.Equal(StatusCode.DeadlineExceeded, e.StatusCode);
        await _cancelled.Task;
    }

    [Fact]
    public async Task Generate_LimitsOfTheCall_TakeTheirPlace()
    {
        _server.Then(Script.Hang(_started));
        using LaserClient client = Create(options => options.FirstTokenTimeout = TimeSpan.FromHours(2));
        var options = new LaserCallOptions { FirstTokenTimeout = TimeSpan.FromSeconds(3) };

        Task<string> text = client.GenerateAsync(TestClients.Request(), options).TextAsync();
        await _started.Task;
        _clock.Advance(TimeSpan.FromSeconds(3));

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => text);
        Assert.Contains("00:00:03", e.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(25)]
    public void CallOptions_LimitOutOfRange_IsRefused(int hours)
    {
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new LaserCallOptions { TotalTimeout = TimeSpan.FromHours(hours) });
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new LaserCallOptions { FirstTokenTimeout = TimeSpan.FromHours(hours) });
    }

    private LaserClient Create(Action<LaserClientOptions> configure) =>
        TestClients.Create(_server, _clock, configure: configure);
}
