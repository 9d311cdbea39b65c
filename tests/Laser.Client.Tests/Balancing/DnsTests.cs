using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Laser.Client.Tests.Fakes;

namespace Laser.Client.Tests.Balancing;

/// <summary>Two servers on one port of two loopback addresses, as one name has them.</summary>
public sealed class DnsTests : IAsyncLifetime
{
    private static readonly IPAddress FirstIp = IPAddress.Loopback;
    private static readonly IPAddress SecondIp = IPAddress.Parse("127.0.0.2");

    private readonly TestClock _clock = new();
    private FakeServer _first = null!;
    private FakeServer _second = null!;
    private LaserClient _client = null!;
    private volatile IPAddress[] _records = [FirstIp, SecondIp];
    private volatile int _lookUps;

    public async Task InitializeAsync()
    {
        _first = await FakeServer.StartAsync(ip: FirstIp);
        _second = await FakeServer.StartAsync(ip: SecondIp, port: _first.Address.Port);
        _client = TestClients.Create([new Uri($"dns:///laser:{_first.Address.Port}")], _clock, resolve: LookUp);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Fact]
    public async Task Calls_ANameWithTwoAddresses_GoToBothInTurn()
    {
        await CallAsync(6);

        Assert.Equal((3, 3, 1), (_first.Calls.Count, _second.Calls.Count, _lookUps));
    }

    [Fact]
    public async Task Calls_AnAddressAppears_GoToItAfterTheRefreshInterval()
    {
        _records = [FirstIp];
        await CallAsync(2);
        _records = [FirstIp, SecondIp];
        _clock.Advance(TimeSpan.FromSeconds(29));
        await CallAsync(1);
        Assert.Equal(1, _lookUps);

        _clock.Advance(TimeSpan.FromSeconds(1));
        while (_second.Calls.Count == 0)
        {
            await CallAsync(1); // the look-up runs in the background of the first of these
        }

        Assert.Equal(2, _lookUps);
    }

    [Fact]
    public async Task Calls_AnAddressGoes_LeaveItButFinishTheStreamItHas()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _records = [SecondIp];
        _second.Then(async (write, _) =>
        {
            await write(Script.Token(0, isLast: false));
            await go.Task;
            await write(Script.Token(1, isLast: true));
        });
        await using IAsyncEnumerator<string> stream = _client.GenerateAsync("Once").GetAsyncEnumerator();
        await stream.MoveNextAsync();
        _records = [FirstIp];
        _clock.Advance(TimeSpan.FromSeconds(30));
        while (_first.Calls.Count == 0)
        {
            await CallAsync(1);
        }

        int before = _second.Calls.Count;
        await CallAsync(4);
        go.SetResult();

        Assert.True(await stream.MoveNextAsync());
        Assert.Equal("t1 ", stream.Current);
        Assert.False(await stream.MoveNextAsync());
        Assert.Equal(before, _second.Calls.Count);
    }

    [Fact]
    public async Task Calls_AServerStopsAnswering_HaveTheNameLookedUpBeforeTheInterval()
    {
        _records = [FirstIp];
        await CallAsync(1);
        await _first.DieAsync();
        _records = [SecondIp];
        _clock.Advance(TimeSpan.FromSeconds(1));

        Task<string> text = _client.GenerateOnceAsync("Once");
        do
        {
            await _clock.PassWaitAsync();
        }
        while (_second.Calls.Count == 0 && _lookUps == 1);

        Assert.Equal("t0 t1 ", await text);
        Assert.Single(_second.Calls);
    }

    [Fact]
    public async Task Calls_LaterLookUpFails_KeepTheAddresses()
    {
        await CallAsync(2);
        _records = [];
        _clock.Advance(TimeSpan.FromSeconds(30));

        await CallAsync(4);

        Assert.Equal((3, 3), (_first.Calls.Count, _second.Calls.Count));
    }

    [Fact]
    public async Task Call_FirstLookUpFails_IsUnavailableAndTriedAgain()
    {
        _records = [];

        Task<string> text = _client.GenerateOnceAsync("Once");
        await _clock.NextWaitAsync();
        _records = [FirstIp];
        _clock.Advance(TimeSpan.FromMilliseconds(200));

        Assert.Equal("t0 t1 ", await text);
        Assert.Equal(2, _lookUps);
    }

    [Fact]
    public async Task Call_UnknownName_SaysWhich()
    {
        _records = [];
        using LaserClient client = TestClients.Create(
            [new Uri("dns:///laser:50051")], resolve: LookUp, configure: options => options.Resilience.MaxRetries = 0);

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => client.GetModelAsync());

        Assert.Equal(StatusCode.Unavailable, e.StatusCode);
        Assert.Contains("'laser'", e.Status.Detail, StringComparison.Ordinal);
    }

    private IPAddress[] LookUp(string host)
    {
        Assert.Equal("laser", host);
        _lookUps++;
        return _records.Length > 0 ? _records : throw new SocketException((int)SocketError.HostNotFound);
    }

    private async Task CallAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.Equal("t0 t1 ", await _client.GenerateOnceAsync("Once"));
        }
    }
}
