using System.Diagnostics;

namespace Laser.Serve.Telemetry;

/// <summary>Starts and ends the server span of a call.</summary>
internal static class CallSpan
{
    /// <summary>A child of the span that the client names in <c>traceparent</c>; null if nobody listens.</summary>
    public static Activity? Start(HttpContext http, ApiMethod method)
    {
        if (!LaserServeTelemetry.Source.HasListeners())
        {
            return null;
        }

        // The host's own activity is in nobody's export: a child of it would be a child of nothing.
        Activity? host = Activity.Current;
        Activity.Current = null;
        Activity? span = LaserServeTelemetry.Source.StartActivity(
            method.IsGrpc ? method.Name : $"{http.Request.Method} {method.Name}", ActivityKind.Server, ParentOf(http.Request));
        if (span is null)
        {
            Activity.Current = host;
        }
        else if (span.IsAllDataRequested)
        {
            span.SetTag("server.address", http.Request.Host.Host);
            span.SetTag("server.port", http.Connection.LocalPort);
            if (method.IsGrpc)
            {
                span.SetTag("rpc.system.name", "grpc");
                span.SetTag("rpc.method", method.Name);
            }
            else
            {
                span.SetTag("http.request.method", http.Request.Method);
                span.SetTag("http.route", method.Name);
            }
        }

        return span;
    }

    /// <summary>Notes the status, and whose fault it is: what a client did wrong is no error of the server.</summary>
    public static void End(Activity span, ApiMethod method, string code)
    {
        span.SetTag(method.IsGrpc ? "rpc.response.status_code" : "http.response.status_code", code);
        if (code is "UNKNOWN" or "DEADLINE_EXCEEDED" or "UNIMPLEMENTED" or "INTERNAL" or "UNAVAILABLE" or "DATA_LOSS"
            || (!method.IsGrpc && code[0] == '5'))
        {
            span.SetTag("error.type", code);
            span.SetStatus(ActivityStatusCode.Error);
        }

        span.Dispose();
    }

    private static ActivityContext ParentOf(HttpRequest request)
    {
        DistributedContextPropagator.Current.ExtractTraceIdAndState(
            request.Headers,
            static (object? carrier, string name, out string? value, out IEnumerable<string>? values) =>
            {
                values = null;
                value = ((IHeaderDictionary)carrier!)[name];
            },
            out string? traceParent,
            out string? traceState);
        return ActivityContext.TryParse(traceParent, traceState, isRemote: true, out ActivityContext parent) ? parent : default;
    }
}
