using Grpc.Core;
using Laser.Client.Tests.Fakes;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace Laser.Client.Tests;

public sealed class RetryTests
{
    private readonly TestClock _clock = new();

    [Theory]
    [InlineData(1.0, 200, 400, 800)]
    [InlineData(0.0, 100, 200, 400)]
    public async Task Generate_Unavailable_BacksOffBetweenHalfAndAllOfTheDoubledDelay(double draw, params int[] waits)
    {
        await using FakeServer server = await FakeServer.StartAsync();
        server.Then([.. waits.Select(_ => Script.Fail(StatusCode.Unavailable)), Script.Tokens(2)]);
        using LaserClient client = TestClients.Create(server, _clock, draw);

        Task<string> text = client.GenerateAsync(TestClients.Request()).TextAsync();

        foreach (int wait in waits)
        {
            Assert.Equal(TimeSpan.FromMilliseconds(wait), await _clock.PassWaitAsync());
        }

        Assert.Equal("t0 t1 ", await text);
        Assert.Equal(waits.Length + 1, server.Calls.Count);
    }

    [Fact]
    public async Task Generate_LongBackOff_StopsAtMaxDelay()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        server.Then([.. Enumerable.Repeat(Script.Fail(StatusCode.Unavailable), 3)]);
        using LaserClient client = TestClients.Create(
            server, _clock, configure: options => options.Resilience.MaxDelay = TimeSpan.FromMilliseconds(300));

        Task<string> text = client.GenerateAsync(TestClients.Request()).TextAsync();

        Assert.Equal(200, (await _clock.PassWaitAsync()).TotalMilliseconds);
        Assert.Equal(300, (await _clock.PassWaitAsync()).TotalMilliseconds);
        Assert.Equal(300, (await _clock.PassWaitAsync()).TotalMilliseconds);
        await text;
    }

    [Theory]
    [InlineData(StatusCode.ResourceExhausted, 0.0, 3000)]
    [InlineData(StatusCode.ResourceExhausted, 1.0, 3600)]
    [InlineData(StatusCode.Unavailable, 0.5, 3300)]
    public async Task GenerateOnce_RetryInfo_IsWaitedForAndNeverCutShort(StatusCode status, double draw, int wait)
    {
        await using FakeServer server = await FakeServer.StartAsync();
        server.Then(Script.Fail(status, TimeSpan.FromSeconds(3)));
        using LaserClient client = TestClients.Create(server, _clock, draw);

        Task<string> text = client.GenerateOnceAsync("Once");

        Assert.Equal(wait, (await _clock.PassWaitAsync()).TotalMilliseconds, 3);
        Assert.Equal("t0 t1 ", await text);
    }

    [Fact]
    public async Task Generate_RetryInfoAboveMaxDelay_FailsAtOnceAndTellsIt()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        server.Then(Script.Fail(StatusCode.Unavailable, TimeSpan.FromMinutes(1)));
        using LaserClient client = TestClients.Create(server, _clock);

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => client.GenerateOnceAsync("Once"));

        Assert.Equal(TimeSpan.FromMinutes(1), e.GetErrorDetails().RetryDelay);
        Assert.Single(server.Calls);
    }

    [Fact]
    public async Task Generate_RetryInfoAboveTheTimeLeft_FailsAtOnceWithTheCause()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        server.Then(Script.Fail(StatusCode.ResourceExhausted, TimeSpan.FromSeconds(5)));
        using LaserClient client = TestClients.Create(
            server, _clock, configure: options => options.TotalTimeout = TimeSpan.FromSeconds(4));

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => client.GenerateOnceAsync("Once"));

        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);
        Assert.Single(server.Calls);
    }

    [Fact]
    public async Task Generate_NeverAvailable_FailsAfterMaxRetriesWithTheServersError()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        server.Then([.. Enumerable.Repeat(Script.Fail(StatusCode.Unavailable), 9)]);
        using LaserClient client = TestClients.Create(
            server, _clock, configure: options => options.Resilience.MaxRetries = 2);

        Task<string> text = client.GenerateAsync(TestClients.Request()).TextAsync();
        await _clock.PassWaitAsync();
        await _clock.PassWaitAsync();

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => text);
        Assert.Equal("scripted", e.Status.Detail);
        Assert.Equal(3, server.Calls.Count);
    }

    [Theory]
    [InlineData(StatusCode.InvalidArgument)]
    [InlineData(StatusCode.NotFound)]
    [InlineData(StatusCode.Internal)]
    [InlineData(StatusCode.DeadlineExceeded)]
    [InlineData(StatusCode.ResourceExhausted)] // without a time to come back
    public async Task Generate_OtherErrors_AreNotRetried(StatusCode status)
    {
        await using FakeServer server = await FakeServer.StartAsync();
        server.Then(Script.Fail(status));
        using LaserClient client = TestClients.Create(server, _clock);

        RpcException e = await Assert.ThrowsAsync<RpcException>(
            () => client.GenerateAsync(TestClients.Request()).TextAsync());

        Assert.Equal(status, e.StatusCode);
        Assert.Single(server.Calls);
    }

    [Fact]
    public async Task Generate_NoRetriesWanted_FailsAtOnce()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        server.Then(Script.Fail(StatusCode.Unavailable));
        using LaserClient client = TestClients.Create(
            server, _clock, configure: options => options.Resilience.MaxRetries = 0);

        await Assert.ThrowsAsync<RpcException>(() => client.GenerateOnceAsync("Once"));

        Assert.Single(server.Calls);
    }

    [Fact]
    public async Task Generate_FailsAfterItsFirstMessage_IsNotRetried()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        server.Then(Script.TokensThenFail(1, StatusCode.Unavailable));
        using LaserClient client = TestClients.Create(server, _clock);
        var received = new List<string>();

        RpcException e = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (string text in client.GenerateAsync("Once", r => r.Sampling = new() { Seed = 1 }))
            {
                received.Add(text);
            }
        });

        Assert.Equal(StatusCode.Unavailable, e.StatusCode);
        Assert.Equal(["t0 "], received);
        Assert.Single(server.Calls);
    }

    [Fact]
    public async Task Pipeline_OfTheUser_TakesThePlaceOfTheRetries()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        server.Then(Script.Fail(StatusCode.NotFound));
        ResiliencePipeline pipeline = new ResiliencePipelineBuilder()
            .AddRetry(new RetryStrategyOptions
            {
                Delay = TimeSpan.Zero,
                ShouldHandle = args => ValueTask.FromResult(
                    args.Outcome.Exception is RpcException { StatusCode: StatusCode.NotFound }),
            })
            .Build();
        using LaserClient client = TestClients.Create(server, configure: options => options.Pipeline = pipeline);

        Assert.Equal("t0 t1 ", await client.GenerateOnceAsync("Once"));
        Assert.Equal(2, server.Calls.Count);
    }

    [Fact]
    public async Task Pipeline_WithATimeout_EndsTheAttemptButNotAStreamThatHasBegun()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var hangs = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Then(
            async (write, _) =>
            {
                await write(Script.Token(0, isLast: false));
                await go.Task;
                await write(Script.Token(1, isLast: true));
            },
            Script.Hang(hangs));
        ResiliencePipeline pipeline = new ResiliencePipelineBuilder { TimeProvider = _clock }
            .AddTimeout(TimeSpan.FromSeconds(7)).Build();
        using LaserClient client = TestClients.Create(server, configure: options => options.Pipeline = pipeline);

        string text = "";
        await foreach (string piece in client.GenerateAsync("Once"))
        {
            text += piece;
            _clock.Advance(TimeSpan.FromMinutes(1));
            go.TrySetResult();
        }

        Task<string> second = client.GenerateOnceAsync("Once");
        await hangs.Task;
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal("t0 t1 ", text);
        await Assert.ThrowsAsync<TimeoutRejectedException>(() => second);
    }
}
