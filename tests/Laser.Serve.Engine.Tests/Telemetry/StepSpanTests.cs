using System.Collections.Concurrent;
using System.Diagnostics;
using Laser.Serve.Engine.Scheduling;
using Laser.Serve.Engine.Telemetry;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Telemetry;

public class StepSpanTests
{
    [Fact]
    public async Task Step_SomebodyListens_IsASpanWithLinksToItsRequests()
    {
        ConcurrentQueue<Activity> spans = new();
        var trace = new ActivityContext(
            ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
        using (Listen(spans))
        {
            await using var engine = new TestEngine();
            await engine.GenerateByHand(TestEngine.Request(promptLength: 5, maxTokens: 3) with { Trace = trace });
        }

        // Engines of other tests step at the same time.
        Activity[] own = [.. spans.Where(span => span.Links.Any(link => link.Context == trace))];
        Assert.Equal(["prefill", "decode", "decode"], own.Select(span => span.GetTagItem("laser.step.kind")));
        Assert.Equal([5, 1, 1], own.Select(span => span.GetTagItem("laser.step.tokens")));
        Assert.All(own, span => Assert.Single(span.Links));
        Assert.All(own, span => Assert.Equal("laser.step", span.OperationName));
        Assert.Null(Activity.Current);
    }

    [Fact]
    public void Start_NobodyListens_IsNothingAndAllocatesNothing()
    {
        var batch = new ScheduledBatch();
        Activity? span = StepSpan.Start(batch, StepKind.Decode);

        long before = GC.GetAllocatedBytesForCurrentThread();
        span ??= StepSpan.Start(batch, StepKind.Decode);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Null(span);
    }

    private static ActivityListener Listen(ConcurrentQueue<Activity> spans)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == EngineTelemetry.ActivitySourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
