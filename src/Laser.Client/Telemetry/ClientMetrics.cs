using System.Diagnostics;
using System.Diagnostics.Metrics;
using Grpc.Core;
using Laser.Serve.V1;

namespace Laser.Client.Telemetry;

/// <summary>The instruments of the meter <c>Laser.Client</c>.</summary>
internal sealed class ClientMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _firstToken;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _tokens;

    public ClientMetrics(IMeterFactory? factory)
    {
        _meter = factory?.Create(LaserClientTelemetry.MeterName) ?? new Meter(LaserClientTelemetry.MeterName);
        _duration = _meter.CreateHistogram<double>(
            "laser.client.request.duration", "s", "Time of a call with all its attempts and messages.");
        _firstToken = _meter.CreateHistogram<double>(
            "laser.client.time_to_first_token", "s", "Time from the start of a stream to its first message.");
        _retries = _meter.CreateCounter<long>("laser.client.retries", "{retry}", "Attempts after the first of a call.");
        _tokens = _meter.CreateCounter<long>("laser.client.tokens", "{token}", "Tokens of calls that finished.");
    }

    public void CallEnded(TimeSpan duration, Rpc rpc, string? server, StatusCode status) =>
        _duration.Record(
            duration.TotalSeconds,
            Method(rpc),
            new KeyValuePair<string, object?>("server.address", server),
            Status(status));

    public void FirstTokenReceived(TimeSpan time, Rpc rpc, string? server) =>
        _firstToken.Record(time.TotalSeconds, Method(rpc), new KeyValuePair<string, object?>("server.address", server));

    public void Retried(Rpc rpc, StatusCode cause) => _retries.Add(1, Method(rpc), Status(cause));

    public void TokensUsed(Usage usage, string model)
    {
        var tags = new TagList { { "gen_ai.request.model", model }, { "gen_ai.token.type", "input" } };
        _tokens.Add(usage.PromptTokens, tags);
        tags[1] = new KeyValuePair<string, object?>("gen_ai.token.type", "output");
        _tokens.Add(usage.GeneratedTokens, tags);
    }

    // A factory disposes what it made, and may have handed the same meter to others.
    public void Dispose()
    {
        if (_meter.Scope is null)
        {
            _meter.Dispose();
        }
    }

    private static KeyValuePair<string, object?> Method(Rpc rpc) => new("rpc.method", rpc.FullName);

    private static KeyValuePair<string, object?> Status(StatusCode status) => new("rpc.grpc.status_code", (int)status);
}
