using System.Collections.Concurrent;
using System.Diagnostics;

namespace Laser.Serve.FunctionalTests.Telemetry;

/// <summary>
/// The spans of one trace, as they end. Listeners hear of everything in the process, and other tests run beside this one.
/// </summary>
internal sealed class SpanLog : IDisposable
{
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly ActivityListener _listener;

    public SpanLog(params string[] sources)
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => sources.Contains(source.Name),
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _spans.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
        Root = new Activity("test");
        Root.SetIdFormat(ActivityIdFormat.W3C);
        Root.ActivityTraceFlags = ActivityTraceFlags.Recorded;
        Root.Start();
    }

    /// <summary>The caller's span, current where the log was made.</summary>
    public Activity Root { get; }

    public IEnumerable<Activity> All => _spans;

    /// <summary>The only span of a source in this trace; waits for its end, which comes after that of the answer.</summary>
    public async Task<Activity> SingleAsync(string source)
    {
        while (true)
        {
            Activity[] found = [.. _spans.Where(s => s.TraceId == Root.TraceId && s.Source.Name == source)];
            if (found.Length > 0)
            {
                return Assert.Single(found);
            }

            await Task.Delay(5);
        }
    }

    public void Dispose()
    {
        Root.Dispose();
        _listener.Dispose();
    }
}
