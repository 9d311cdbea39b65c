using System.Diagnostics;
using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Telemetry;

/// <summary>
/// What becomes of one generation, told to the call that it is for: how it ended, and where the call's span is recorded what was asked
/// for, when what began, and how much it was. Names of OpenTelemetry's conventions for generative AI; nothing of texts.
/// </summary>
internal sealed class GenerationRecord : IDisposable
{
    private readonly RequestRecord _call;
    private readonly GenerationRequest _request;
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _queued;
    private DateTimeOffset? _firstToken;
    private GenerationSummary? _first;
    private int _generatedTokens;
    private List<string>? _reasons;

    private GenerationRecord(RequestRecord call, GenerationRequest request, string model, TimeProvider time)
    {
        _call = call;
        _request = request;
        _time = time;
        _queued = time.GetUtcNow();
        call.Started();
        call.Write(span => Describe(span, request, model));
    }

    /// <summary>One that starts now; null outside of calls.</summary>
    public static GenerationRecord? Start(GenerationRequest request, string model, TimeProvider time) =>
        RequestRecord.Current is { } call ? new GenerationRecord(call, request, model, time) : null;

    /// <summary>There is output.</summary>
    public void Generated(TokenOutput output)
    {
        if (output.Final is { } summary)
        {
            _call.Finished(summary.FinishReason);
        }

        if (!_call.HasSpan)
        {
            return;
        }

        _firstToken ??= _time.GetUtcNow();
        if (output.Final is { } final)
        {
            _first ??= final;
            _generatedTokens += final.GeneratedTokenCount;
            (_reasons ??= []).Add(RequestRecord.NameOf(final.FinishReason));
        }
    }

    /// <summary>It was refused, or failed.</summary>
    public void Failed(Exception error)
    {
        _call.Failed();
        _call.Write(span => span.AddException(error));
    }

    /// <summary>It is over, in whatever way.</summary>
    public void Dispose() => _call.Write(End);

    private void End(Activity span)
    {
        // The engine told at the end how long what took; its clock began when the request did.
        Event(span, "queued", _queued);
        if (_first is { } first)
        {
            Event(span, "prefill", _queued + first.QueueTime);
        }

        if (_firstToken is { } firstToken)
        {
            Event(span, "first_token", firstToken);
        }

        Event(span, "end", _time.GetUtcNow());
        if (_first is not null)
        {
            AddUsage(span, _first);
        }
    }

    private static void Describe(Activity span, GenerationRequest request, string model)
    {
        span.SetTag("gen_ai.operation.name", "text_completion");
        span.SetTag("gen_ai.provider.name", "laser_serve");
        span.SetTag("gen_ai.request.model", model);
        span.SetTag("gen_ai.request.max_tokens", request.MaxTokens);
        span.SetTag("gen_ai.request.temperature", (double)request.Sampling.Temperature);
        span.SetTag("gen_ai.request.top_p", (double)request.Sampling.TopP);
        span.SetTag("gen_ai.request.choice.count", request.SequenceCount);
        span.SetTag("gen_ai.response.model", model);
        span.SetTag("gen_ai.response.id", request.Id);
        span.SetTag("laser.request_id", request.Id);
    }

    // A call can have several generations: what they used is added up.
    private void AddUsage(Activity span, GenerationSummary first)
    {
        Add(span, "gen_ai.usage.input_tokens", first.PromptTokenCount);
        Add(span, "gen_ai.usage.output_tokens", _generatedTokens);
        Add(span, "gen_ai.usage.cache_read.input_tokens", first.CachedTokenCount);
        string[] before = span.GetTagItem("gen_ai.response.finish_reasons") as string[] ?? [];
        span.SetTag("gen_ai.response.finish_reasons", (string[])[.. before, .. _reasons!]);
    }

    private static void Add(Activity span, string key, int count) =>
        span.SetTag(key, count + (span.GetTagItem(key) as int? ?? 0));

    private void Event(Activity span, string name, DateTimeOffset time) => span.AddEvent(new ActivityEvent(
        name, time, new ActivityTagsCollection { ["laser.request_id"] = _request.Id }));
}
