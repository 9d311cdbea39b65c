using Grpc.Core;
using Laser.Client.Tests.Fakes;
using Polly.CircuitBreaker;

namespace Laser.Client.Tests;

public sealed class BreakerTests : IAsyncLifetime
{
    private readonly TestClock _clock = new();
    private FakeServer _server = null!;
    private LaserClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await FakeServer.StartAsync();
        _client = TestClients.Create(_server, _clock, configure: Configure);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Call_CircuitOpen_FailsWithUnavailableWithoutAskingTheServer()
    {
        await OpenAsync(_client);

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => _client.GenerateOnceAsync("Once"));

        Assert.Equal(StatusCode.Unavailable, e.StatusCode);
        Assert.IsAssignableFrom<BrokenCircuitException>(e.InnerException);
        Assert.Equal(2, _server.Calls.Count);
    }

    [Fact]
    public async Task Call_CircuitOpenAndRetriesLeft_IsNotRetried()
    {
        using LaserClient client = TestClients.Create(_server, _clock, configure: options =>
        {
            Configure(options);
            options.Resilience.MaxRetries = 5;
        });
        _server.Then(Script.Fail(StatusCode.Internal), Script.Fail(StatusCode.Internal));
        await Assert.ThrowsAsync<RpcException>(() => client.GenerateOnceAsync("Once"));
        await Assert.ThrowsAsync<RpcException>(() => client.GenerateOnceAsync("Once"));

        // The clock stands still: a wait before a retry would not end.
        await Assert.ThrowsAsync<RpcException>(() => client.GenerateOnceAsync("Once"));
    }

    [Fact]
    public async Task Call_AfterTheBreak_TriesTheServerAndClosesTheCircuit()
    {
        await OpenAsync(_client);
        _clock.Advance(TimeSpan.FromSeconds(15));

        Assert.Equal("t0 t1 ", await _client.GenerateOnceAsync("Once"));
        Assert.Equal("t0 t1 ", await _client.GenerateOnceAsync("Once"));
        Assert.Equal(4, _server.Calls.Count);
    }

    [Fact]
    public async Task Call_AfterTheBreakStillFailing_OpensTheCircuitAgain()
    {
        await OpenAsync(_client);
        _clock.Advance(TimeSpan.FromSeconds(15));
        _server.Then(Script.Fail(StatusCode.Unavailable));
        await Assert.ThrowsAsync<RpcException>(() => _client.GenerateOnceAsync("Once"));

        await Assert.ThrowsAsync<RpcException>(() => _client.GenerateOnceAsync("Once"));

        Assert.Equal(3, _server.Calls.Count);
    }

    [Fact]
    public async Task Call_CircuitOfOneServerOpen_GoesToTheOther()
    {
        await using FakeServer healthy = await FakeServer.StartAsync();
        _server.Then([.. Enumerable.Repeat(Script.Fail(StatusCode.Unavailable), 9)]);
        using LaserClient client = TestClients.Create(
            [_server.Address, healthy.Address],
            _clock,
            configure: options =>
            {
                Configure(options);
                options.Resilience.SkipDuration = TimeSpan.Zero;
                options.Resilience.MaxRetries = 1;
            });

        for (int i = 0; i < 10; i++)
        {
            Assert.Equal("t0 t1 ", await client.GenerateOnceAsync("Once"));
        }

        Assert.Equal(2, _server.Calls.Count);
        Assert.Equal(10, healthy.Calls.Count);
    }

    [Theory]
    [InlineData(StatusCode.InvalidArgument)]
    [InlineData(StatusCode.ResourceExhausted)]
    [InlineData(StatusCode.DeadlineExceeded)]
    public async Task Call_FailsForReasonsThatAreNotTheServers_KeepsTheCircuitClosed(StatusCode status)
    {
        _server.Then([.. Enumerable.Repeat(Script.Fail(status), 5)]);
        for (int i = 0; i < 5; i++)
        {
            await Assert.ThrowsAsync<RpcException>(() => _client.GenerateOnceAsync("Once"));
        }

        Assert.Equal("t0 t1 ", await _client.GenerateOnceAsync("Once"));
    }

    private static void Configure(LaserClientOptions options)
    {
        options.Resilience.MaxRetries = 0;
        options.Resilience.BreakerMinimumCalls = 2;
    }

    private async Task OpenAsync(LaserClient client)
    {
        _server.Then(Script.Fail(StatusCode.Unavailable), Script.Fail(StatusCode.Unavailable));
        await Assert.ThrowsAsync<RpcException>(() => client.GenerateOnceAsync("Once"));
        await Assert.ThrowsAsync<RpcException>(() => client.GenerateOnceAsync("Once"));
    }
}
