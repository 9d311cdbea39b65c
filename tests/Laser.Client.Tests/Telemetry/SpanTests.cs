using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Core;
using Laser.Client.Tests.Fakes;
using Laser.Serve.V1;

namespace Laser.Client.Tests.Telemetry;

public sealed class SpanTests : IAsyncLifetime, IDisposable
{
    private readonly ActivitySource _source = new($"test {Guid.NewGuid()}");
    private readonly ConcurrentQueue<Activity> _stopped = new();
    private readonly ActivityListener _listener;
    private readonly TestClock _clock = new();
    private FakeServer _server = null!;
    private LaserClient _client = null!;

    public SpanTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == LaserClientTelemetry.ActivitySourceName || source == _source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public async Task InitializeAsync()
    {
        _server = await FakeServer.StartAsync();
        _client = TestClients.Create(_server, _clock);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _source.Dispose();
    }

    [Fact]
    public async Task Generate_Succeeds_IsAClientSpanWithModelTokensAndFirstToken()
    {
        GenerateRequest request = TestClients.Request();
        request.Model = "fake";
        Activity span = await SpanOfAsync(() => _client.GenerateAsync(request).TextAsync());

        Assert.Equal("laser.serve.v1.Generation/Generate", span.DisplayName);
        Assert.Equal(ActivityKind.Client, span.Kind);
        Assert.Equal(ActivityStatusCode.Unset, span.Status);
        Dictionary<string, object?> tags = span.TagObjects.ToDictionary();
        Assert.Equal("grpc", tags["rpc.system"]);
        Assert.Equal("laser.serve.v1.Generation", tags["rpc.service"]);
        Assert.Equal("Generate", tags["rpc.method"]);
        Assert.Equal(0, tags["rpc.grpc.status_code"]);
        Assert.Equal("127.0.0.1", tags["server.address"]);
        Assert.Equal(_server.Address.Port, tags["server.port"]);
        Assert.Equal("fake", tags["gen_ai.request.model"]);
        Assert.Equal(7, tags["gen_ai.usage.input_tokens"]);
        Assert.Equal(2, tags["gen_ai.usage.output_tokens"]);
        Assert.Equal("request-1", tags["laser.request_id"]);
        Assert.Equal("first_token", Assert.Single(span.Events).Name);
    }

    [Fact]
    public async Task Call_Traced_SendsItsSpanAsTheOnlyTraceparent()
    {
        Activity span = await SpanOfAsync(() => _client.GetModelAsync());

        string traceparent = Assert.Single(_server.Calls.Single().Headers.GetAll("traceparent")).Value;
        Assert.Equal(span.Id, traceparent);
    }

    [Fact]
    public async Task GenerateOnce_RetriedThenFails_HasARetryEventAndTheError()
    {
        _server.Then(Script.Fail(StatusCode.Unavailable), Script.Fail(StatusCode.InvalidArgument));

        Activity span = await SpanOfAsync(async () =>
        {
            Task<string> text = _client.GenerateOnceAsync("Once");
            await _clock.PassWaitAsync();
            await Assert.ThrowsAsync<RpcException>(() => text);
        });

        ActivityEvent retry = Assert.Single(span.Events);
        Assert.Equal("retry", retry.Name);
        Assert.Equal(1, retry.Tags.Single(tag => tag.Key == "retry.number").Value);
        Assert.Equal(ActivityStatusCode.Error, span.Status);
        Assert.Equal((int)StatusCode.InvalidArgument, span.GetTagItem("rpc.grpc.status_code"));
        Assert.Equal("Grpc.Core.RpcException", span.GetTagItem("error.type"));
        Assert.Equal("request-7", span.GetTagItem("laser.request_id"));
    }

    [Fact]
    public async Task Calls_OneAfterTheOther_AreSiblingsAndLeaveTheCallersSpanCurrent()
    {
        using Activity parent = _source.StartActivity("parent")!;

        Task<Model> model = _client.GetModelAsync();
        Assert.Same(parent, Activity.Current);
        await model;
        await foreach (string _ in _client.GenerateAsync("Once"))
        {
            Assert.Same(parent, Activity.Current);
        }

        Assert.Same(parent, Activity.Current);
        Assert.All(ChildrenOf(parent), child => Assert.Equal(parent.SpanId, child.ParentSpanId));
        Assert.Equal(2, ChildrenOf(parent).Length);
    }

    private async Task<Activity> SpanOfAsync(Func<Task> call)
    {
        using Activity parent = _source.StartActivity("parent")!;
        await call();
        return Assert.Single(ChildrenOf(parent));
    }

    // Other tests of this process are heard as well; the trace tells them apart.
    private Activity[] ChildrenOf(Activity parent) =>
        [.. _stopped.Where(activity => activity.TraceId == parent.TraceId && activity != parent)];
}
