using Grpc.Core;
using Laser.Client.Tests.Fakes;

namespace Laser.Client.Tests.Telemetry;

public sealed class MetricsTests : IAsyncLifetime, IDisposable
{
    private readonly TestMeters _meters = new();
    private readonly TestClock _clock = new();
    private FakeServer _server = null!;
    private LaserClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await FakeServer.StartAsync();
        _client = TestClients.Create(_server, _clock, configure: options => options.MeterFactory = _meters);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    public void Dispose() => _meters.Dispose();

    [Fact]
    public async Task Generate_Succeeds_MeasuresDurationFirstTokenAndTokens()
    {
        _server.Then(async (write, _) =>
        {
            _clock.Advance(TimeSpan.FromSeconds(2));
            await write(Script.Token(0, isLast: true));
        });

        await foreach (string _ in _client.GenerateAsync("Once"))
        {
            _clock.Advance(TimeSpan.FromSeconds(3));
        }

        TestMeters.Measurement duration = Assert.Single(_meters["laser.client.request.duration"]);
        Assert.Equal(5, duration.Value, 6);
        Assert.Equal("laser.serve.v1.Generation/Generate", duration.Tags["rpc.method"]);
        Assert.Equal("127.0.0.1", duration.Tags["server.address"]);
        Assert.Equal(0, duration.Tags["rpc.grpc.status_code"]);
        Assert.Equal(2, Assert.Single(_meters["laser.client.time_to_first_token"]).Value, 6);
        Assert.Equal(
            [("input", 7.0), ("output", 1.0)],
            _meters["laser.client.tokens"].Select(m => ((string)m.Tags["gen_ai.token.type"]!, m.Value)));
        Assert.Empty(_meters["laser.client.retries"]);
    }

    [Fact]
    public async Task GenerateOnce_RetriedThenFails_CountsRetriesAndTheStatus()
    {
        _server.Then(Script.Fail(StatusCode.Unavailable), Script.Fail(StatusCode.Internal));

        Task<string> text = _client.GenerateOnceAsync("Once");
        await _clock.PassWaitAsync();
        await Assert.ThrowsAsync<RpcException>(() => text);

        TestMeters.Measurement retry = Assert.Single(_meters["laser.client.retries"]);
        Assert.Equal((int)StatusCode.Unavailable, retry.Tags["rpc.grpc.status_code"]);
        TestMeters.Measurement duration = Assert.Single(_meters["laser.client.request.duration"]);
        Assert.Equal((int)StatusCode.Internal, duration.Tags["rpc.grpc.status_code"]);
        Assert.Empty(_meters["laser.client.time_to_first_token"]);
    }

    [Fact]
    public async Task GenerateOnce_SeveralSequences_CountsThePromptOnce()
    {
        await _client.GenerateOnceAsync("Once");

        Assert.Equal([7.0, 2.0], _meters["laser.client.tokens"].Select(m => m.Value));
    }

    [Fact]
    public async Task Generate_LoopLeft_IsMeasuredAsCancelled()
    {
        await foreach (string _ in _client.GenerateAsync("Once"))
        {
            break;
        }

        TestMeters.Measurement duration = Assert.Single(_meters["laser.client.request.duration"]);
        Assert.Equal((int)StatusCode.Cancelled, duration.Tags["rpc.grpc.status_code"]);
    }
}
