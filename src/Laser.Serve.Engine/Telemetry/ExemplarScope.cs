using System.Diagnostics;

namespace Laser.Serve.Engine.Telemetry;

/// <summary>While it lives, what this thread measures belongs to the trace of a request.</summary>
internal readonly ref struct ExemplarScope
{
    private readonly ActivityContext _before = MeasuredRequest.Trace;

    public ExemplarScope(ActivityContext trace) => MeasuredRequest.Trace = trace;

    public void Dispose() => MeasuredRequest.Trace = _before;
}
