using System.Diagnostics;
using Laser.Serve.Engine.Scheduling;
using Laser.Serve.Engine.Sequences;

namespace Laser.Serve.Engine.Telemetry;

/// <summary>A step as a span of its own, which links to the requests that it computes. Costs a look if nobody listens.</summary>
internal static class StepSpan
{
    private static readonly ActivitySource Source = new(EngineTelemetry.ActivitySourceName);

    /// <summary>Begins one; null if nobody wants it.</summary>
    public static Activity? Start(ScheduledBatch batch, StepKind kind) =>
        Source.HasListeners() ? StartWanted(batch, kind) : null;

    private static Activity? StartWanted(ScheduledBatch batch, StepKind kind)
    {
        Activity? span = Source.StartActivity("laser.step");
        if (span is { IsAllDataRequested: true })
        {
            span.SetTag("laser.step.kind", StepMetrics.NameOf(kind));
            span.SetTag("laser.step.sequences", batch.Sequences.Length);
            span.SetTag("laser.step.tokens", batch.TokenCount);
            AddLinks(span, batch);
        }

        return span;
    }

    private static void AddLinks(Activity span, ScheduledBatch batch)
    {
        SequenceGroup? last = null;
        foreach (ScheduledSequence scheduled in batch.Sequences)
        {
            // Those of a request stand side by side.
            SequenceGroup group = scheduled.Sequence.Group;
            if (group != last && group.Request.Trace != default)
            {
                span.AddLink(new ActivityLink(group.Request.Trace));
            }

            last = group;
        }
    }
}
