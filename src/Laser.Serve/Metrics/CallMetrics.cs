using System.Diagnostics;
using System.Diagnostics.Metrics;
using Laser.Serve.Telemetry;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace Laser.Serve.Metrics;

/// <summary>Instruments and spans of the calls of the API. Durations are in seconds.</summary>
internal sealed class CallMetrics
{
    private readonly ApiMethods _methods;
    private readonly TimeProvider _time;
    private readonly ILogger<CallMetrics> _logger;
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _duration;
    private readonly UpDownCounter<long> _active;

    public CallMetrics(IMeterFactory factory, ApiMethods methods, TimeProvider time, ILogger<CallMetrics> logger)
    {
        _methods = methods;
        _time = time;
        _logger = logger;
        Meter meter = factory.Create(ServerMetrics.MeterName);
        _requests = meter.CreateCounter<long>(
            "laser.requests", "{request}", "Calls of the API that ended, by method, status and how the text ended.");
        _duration = meter.CreateHistogram<double>(
            "rpc.server.call.duration", "s", "Duration of gRPC calls, streams to their end.");
        _active = meter.CreateUpDownCounter<long>("rpc.server.active_calls", "{call}", "gRPC calls in progress.");
    }

    /// <summary>
    /// The middleware, which is there for all that is told of a call at its end. What is no method of the API is left to
    /// the instruments of the host.
    /// </summary>
    public async Task RecordAsync(HttpContext http, RequestDelegate next)
    {
        if (_methods.Find(http.Request.Path.Value) is not ApiMethod method)
        {
            await next(http);
            return;
        }

        long start = _time.GetTimestamp();
        Activity? span = CallSpan.Start(http, method);
        RequestRecord record = RequestRecord.Begin(span);
        using IDisposable? scope = _logger.BeginScope(record);
        if (method.IsGrpc)
        {
            _active.Add(1);
        }

        try
        {
            await next(http);
        }
        finally
        {
            string code = CallStatus.Of(http, method);
            End(method, code, record, _time.GetElapsedTime(start));
            if (span is not null)
            {
                CallSpan.End(span, method, code);
            }
        }
    }

    private void End(ApiMethod method, string code, RequestRecord record, TimeSpan duration)
    {
        _requests.Add(
            1, new Tag("method", method.Name), new Tag("code", code), new Tag("finish_reason", record.FinishReason));
        if (method.IsGrpc)
        {
            _active.Add(-1);
            _duration.Record(
                duration.TotalSeconds,
                new Tag("rpc.system.name", "grpc"),
                new Tag("rpc.method", method.Name),
                new Tag("rpc.response.status_code", code));
        }
    }
}
