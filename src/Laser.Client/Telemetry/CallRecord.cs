using System.Diagnostics;
using Grpc.Core;
using Laser.Client.Balancing;
using Laser.Serve.V1;

namespace Laser.Client.Telemetry;

/// <summary>The span and the figures of one call; methods are named after what happened.</summary>
internal sealed class CallRecord
{
    private static readonly ActivitySource Source = new(LaserClientTelemetry.ActivitySourceName);

    private readonly Rpc _rpc;
    private readonly string _model;
    private readonly ClientMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly Activity? _activity;
    private readonly long _start;
    private readonly Usage _usage = new();
    private string? _server;
    private bool _hasEnded;

    public CallRecord(Rpc rpc, string model, ClientMetrics metrics, TimeProvider time)
    {
        _rpc = rpc;
        _model = model;
        _metrics = metrics;
        _time = time;
        _start = time.GetTimestamp();
        _activity = Source.StartActivity(rpc.FullName, ActivityKind.Client);
        if (_activity is { IsAllDataRequested: true })
        {
            _activity.SetTag("rpc.system", "grpc");
            _activity.SetTag("rpc.service", rpc.Service);
            _activity.SetTag("rpc.method", rpc.Method);
            _activity.SetTag("gen_ai.request.model", model.Length > 0 ? model : null);
        }
    }

    /// <summary>Adds what lets the server's span be a child of this one, or of the caller's where nobody listens.</summary>
    public void AddTraceContext(Metadata headers) => DistributedContextPropagator.Current.Inject(
        _activity ?? Activity.Current,
        headers,
        static (carrier, name, value) => ((Metadata)carrier!).Add(name, value));

    public void AttemptStarted(ServerAddress server)
    {
        _server = server.Host;
        _activity?.SetTag("server.address", server.Host);
        _activity?.SetTag("server.port", server.Uri.Port);
    }

    public void Retried(int number, RpcException cause)
    {
        _metrics.Retried(_rpc, cause.StatusCode);
        _activity?.AddEvent(new ActivityEvent("retry", tags: new ActivityTagsCollection
        {
            ["retry.number"] = number,
            ["rpc.grpc.status_code"] = (int)cause.StatusCode,
        }));
    }

    public void FirstTokenReceived()
    {
        _metrics.FirstTokenReceived(_time.GetElapsedTime(_start), _rpc, _server);
        _activity?.AddEvent(new ActivityEvent("first_token"));
    }

    /// <summary>A sequence has finished. The prompt is the same for all of a call, and counts once.</summary>
    public void Finished(Finish finish)
    {
        _usage.PromptTokens = Math.Max(_usage.PromptTokens, finish.Usage?.PromptTokens ?? 0);
        _usage.GeneratedTokens += finish.Usage?.GeneratedTokens ?? 0;
    }

    /// <inheritdoc cref="Finished(Finish)"/>
    public void Finished(IEnumerable<Finish> finishes)
    {
        foreach (Finish finish in finishes)
        {
            Finished(finish);
        }
    }

    public void Succeeded(Metadata trailers) => End(StatusCode.OK, null, trailers);

    public void Failed(Exception error)
    {
        StatusCode otherwise = error is OperationCanceledException ? StatusCode.Cancelled : StatusCode.Unknown;
        var rpc = error as RpcException;
        End(rpc?.StatusCode ?? otherwise, error, rpc?.Trailers);
    }

    /// <summary>The consumer of a stream has had enough.</summary>
    public void Abandoned() => End(StatusCode.Cancelled, null, null);

    private void End(StatusCode status, Exception? error, Metadata? trailers)
    {
        if (_hasEnded)
        {
            return;
        }

        _hasEnded = true;
        _metrics.CallEnded(_time.GetElapsedTime(_start), _rpc, _server, status);
        if (_usage.PromptTokens > 0)
        {
            _metrics.TokensUsed(_usage, _model);
        }

        if (_activity is null)
        {
            return;
        }

        _activity.SetTag("rpc.grpc.status_code", (int)status);
        _activity.SetTag("laser.request_id", trailers?.GetValue(RpcExceptionExtensions.RequestIdKey));
        if (_usage.PromptTokens > 0)
        {
            _activity.SetTag("gen_ai.usage.input_tokens", (int)_usage.PromptTokens);
            _activity.SetTag("gen_ai.usage.output_tokens", (int)_usage.GeneratedTokens);
        }

        if (error is not null)
        {
            _activity.SetTag("error.type", error.GetType().FullName);
            _activity.SetStatus(ActivityStatusCode.Error, error.Message);
        }

        _activity.Dispose();
    }
}
