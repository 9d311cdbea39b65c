using System.Collections.Frozen;
using System.Diagnostics.Metrics;

namespace Laser.Serve.Metrics;

/// <summary>
/// vLLM's names (v1 engine) for what our instruments measure, with its labels and its buckets, so that dashboards, scaling rules and
/// endpoint pickers made for it need not be changed.
/// </summary>
internal static class VllmMetrics
{
    private const string Prefix = "vllm:";

    private static readonly double[] FirstTokenBounds =
        [.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560];

    private static readonly double[] TokenBounds =
        [.01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80];

    private static readonly double[] RequestBounds =
        [.3, .5, .8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680];

    // vLLM ends this series at the longest context of its model.
    private static readonly double[] LengthBounds =
        [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000];

    private static readonly double[] StepBounds = [1, .. Enumerable.Range(3, 12).Select(i => (double)(1 << i))];

    private static readonly FrozenDictionary<string, MetricShape[]> Shapes = new Dictionary<string, MetricShape[]>
    {
        ["laser.requests.running"] = [Gauge("num_requests_running", "Sequences in execution batches.")],
        ["laser.requests.waiting"] =
        [
            Gauge("num_requests_waiting", "Requests that wait to be processed."),
            Gauge("num_requests_waiting_by_reason", "Requests that wait, by reason.") with
            {
                Labels = _ => PrometheusName.Label("reason", "capacity"),
            },
        ],
        ["laser.kv.usage"] = [Gauge("kv_cache_usage_perc", "Use of the key/value cache; 1 means 100 percent.")],
        ["laser.kv.cache.info"] = [Gauge("cache_config_info", "The cache, in labels.") with { Labels = VllmLabels.Cache }],
        ["laser.prefix_cache.queries"] = [Counter("prefix_cache_queries", "Tokens looked up in the prefix cache.")],
        ["laser.prefix_cache.hits"] = [Counter("prefix_cache_hits", "Tokens found in the prefix cache.")],
        ["laser.preemptions"] = [Counter("num_preemptions", "Preemptions.")],
        ["laser.nonfinite_outputs"] = [Counter("corrupted_requests", "Requests whose numbers were not finite.")],
        ["laser.prompt.tokens"] =
        [
            Counter("prompt_tokens", "Prompt tokens processed.") with { Labels = _ => "" },
            Counter("prompt_tokens_by_source", "Prompt tokens, by source.") with { Labels = VllmLabels.Source },
            Counter("prompt_tokens_cached", "Prompt tokens found in the cache.") with { Labels = VllmLabels.CachedOnly },
        ],
        ["laser.generated.tokens"] = [Counter("generation_tokens", "Tokens generated.")],
        ["laser.rejections"] =
        [
            Counter("admission_rejections", "Requests refused for lack of room.") with { Labels = VllmLabels.Rejection },
        ],
        ["laser.speculative.draft_tokens"] = [Counter("spec_decode_num_draft_tokens", "Draft tokens.")],
        ["laser.speculative.accepted_tokens"] = [Counter("spec_decode_num_accepted_tokens", "Draft tokens accepted.")],
        ["laser.request.duration"] =
        [
            Counter("request_success", "Requests that ended, by reason.") with
            {
                CountsMeasurements = true,
                Labels = VllmLabels.FinishedReason,
            },
            Histogram("e2e_request_latency_seconds", "From arrival to the end.", RequestBounds) with { Labels = _ => "" },
        ],
        ["laser.time_to_first_token"] =
            [Histogram("time_to_first_token_seconds", "From arrival to the first token.", FirstTokenBounds)],
        ["laser.inter_token_latency"] =
            [Histogram("inter_token_latency_seconds", "From one token to the next.", TokenBounds)],
        ["laser.time_per_output_token"] =
            [Histogram("request_time_per_output_token_seconds", "Mean time per token of a request.", TokenBounds)],
        ["laser.queue.duration"] = [Histogram("request_queue_time_seconds", "Time in the queue.", RequestBounds)],
        ["laser.inference.duration"] =
            [Histogram("request_inference_time_seconds", "Time in execution.", RequestBounds)],
        ["laser.prefill.duration"] = [Histogram("request_prefill_time_seconds", "Time in prefill.", RequestBounds)],
        ["laser.decode.duration"] = [Histogram("request_decode_time_seconds", "Time in decode.", RequestBounds)],
        ["laser.request.prompt_tokens"] = [Histogram("request_prompt_tokens", "Tokens of a prompt.", LengthBounds)],
        ["laser.request.generated_tokens"] =
            [Histogram("request_generation_tokens", "Tokens generated for a request.", LengthBounds)],
        ["laser.request.max_tokens"] =
        [
            Histogram("request_params_max_tokens", "Parameter max_tokens.", LengthBounds),
            Histogram("request_max_num_generation_tokens", "Most tokens a sequence may get.", LengthBounds),
        ],
        ["laser.request.sequences"] = [Histogram("request_params_n", "Parameter n.", [1, 2, 5, 10, 20])],
        ["laser.batch.tokens"] = [Histogram("iteration_tokens_total", "Tokens of a step.", StepBounds)],
    }.ToFrozenDictionary();

    /// <summary>Labels that all of vLLM's series have.</summary>
    public static string Labels(string modelName) =>
        PrometheusName.Label("model_name", modelName) + "," + PrometheusName.Label("engine", "0");

    /// <summary>What an instrument of ours is called there; mostly one name or none.</summary>
    public static IEnumerable<MetricShape> Of(Instrument instrument) =>
        Shapes.GetValueOrDefault(instrument.Name, []).Select(shape => shape with { IsObserved = instrument.IsObservable });

    private static MetricShape Counter(string name, string help) => Shape($"{name}_total", help, MetricKind.Counter);

    private static MetricShape Gauge(string name, string help) => Shape(name, help, MetricKind.Gauge);

    private static MetricShape Histogram(string name, string help, double[] bounds) =>
        Shape(name, help, MetricKind.Histogram) with { Bounds = bounds };

    private static MetricShape Shape(string name, string help, MetricKind kind) =>
        new() { Name = Prefix + name, Help = help, Kind = kind, IsCompat = true };
}
