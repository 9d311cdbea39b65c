using Grpc.Core;
using Laser.Client.Tests.Fakes;

namespace Laser.Client.Tests.Balancing;

public sealed class RoundRobinTests : IAsyncLifetime
{
    private readonly TestClock _clock = new();
    private readonly List<FakeServer> _servers = [];
    private LaserClient _client = null!;

    public async Task InitializeAsync()
    {
        for (int i = 0; i < 3; i++)
        {
            _servers.Add(await FakeServer.StartAsync());
        }

        _client = TestClients.Create(_servers.Select(server => server.Address), _clock);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        foreach (FakeServer server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task Calls_AllHealthy_AreSpreadEvenly()
    {
        await CallAsync(9);

        Assert.Equal([3, 3, 3], Counts());
    }

    // The clock stands still in all tests below: a wait before the next server is asked would never end.
    [Fact]
    public async Task Calls_AServerDies_GoToTheOthersEvenly()
    {
        await CallAsync(3);
        await _servers[0].DieAsync();

        await CallAsync(8);

        Assert.Equal([1, 5, 5], Counts());
    }

    [Fact]
    public async Task Calls_AServerThatWasNeverThere_GoToTheOthers()
    {
        await _servers[1].DieAsync();

        await CallAsync(4);

        Assert.Equal([2, 0, 2], Counts());
    }

    [Fact]
    public async Task Calls_AServerDrains_GoToTheOthersAtOnceUntilTheSkipEnds()
    {
        _servers[0].Then(Script.Fail(StatusCode.Unavailable, TimeSpan.FromSeconds(5)));
        await CallAsync(6);
        Assert.Equal([1, 3, 3], Counts());

        _clock.Advance(TimeSpan.FromSeconds(5));
        await CallAsync(6);

        Assert.Equal([3, 5, 5], Counts());
    }

    [Fact]
    public async Task Stop_WithARunningStream_FinishesItWhileNewCallsGoElsewhere()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Answer gated = async (write, context) =>
        {
            await write(Script.Token(0, isLast: false));
            running.SetResult();
            await go.Task;
            await write(Script.Token(1, isLast: true));
        };
        _servers.ForEach(server => server.Then(gated));
        Task<string> stream = _client.GenerateAsync(TestClients.Request()).TextAsync();
        await running.Task;
        FakeServer draining = _servers.Single(server => server.Calls.Count == 1);
        _servers.ForEach(server => server.ClearScript());

        Task stop = draining.DrainAsync();
        await CallAsync(6);
        go.SetResult();

        Assert.Equal("t0 t1 ", await stream);
        await stop;
        Assert.Equal([1, 3, 3], Counts().Order());
    }

    [Fact]
    public async Task Calls_AFullQueue_GoToTheOthersForAsLongAsTheServerSaid()
    {
        _servers[0].Then(Script.Fail(StatusCode.ResourceExhausted, TimeSpan.FromSeconds(1)));
        await CallAsync(6);
        Assert.Equal([1, 3, 3], Counts());

        _clock.Advance(TimeSpan.FromSeconds(1));
        await CallAsync(3);

        Assert.Equal([2, 4, 4], Counts());
    }

    [Fact]
    public async Task Call_AllServersRefuse_WaitsOnceAndAsksAgain()
    {
        _servers.ForEach(server => server.Then(Script.Fail(StatusCode.Unavailable)));

        Task<string> text = _client.GenerateOnceAsync("Once");
        Assert.Equal(TimeSpan.FromMilliseconds(200), await _clock.PassWaitAsync());

        Assert.Equal("t0 t1 ", await text);
        Assert.Equal(4, Counts().Sum());
    }

    private int[] Counts() => [.. _servers.Select(server => server.Calls.Count)];

    private async Task CallAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.Equal("t0 t1 ", await _client.GenerateOnceAsync("Once"));
        }
    }
}
