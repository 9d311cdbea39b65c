using System.Globalization;
using Tags = System.ReadOnlySpan<System.Collections.Generic.KeyValuePair<string, object?>>;

namespace Laser.Serve.Metrics;

/// <summary>Our tags in the labels of vLLM; null where it has none and does not count.</summary>
internal static class VllmLabels
{
    /// <summary>A time limit of ours cuts a text as a token limit does.</summary>
    public static string? FinishedReason(Tags tags) => PrometheusName.Label("finished_reason", Value(tags, "outcome") switch
    {
        "stop" => "stop",
        "length" or "time_limit" => "length",
        "cancelled" => "abort",
        _ => "error",
    });

    public static string? Source(Tags tags) => PrometheusName.Label(
        "source", Value(tags, "source") == "cached" ? "local_cache_hit" : "local_compute");

    public static string? CachedOnly(Tags tags) => Value(tags, "source") == "cached" ? "" : null;

    public static string? Rejection(Tags tags) => Value(tags, "reason") == "overloaded"
        ? PrometheusName.Label("reason", "max_num_queued_reqs")
        : null;

    public static string? Cache(Tags tags) => string.Join(
        ',',
        PrometheusName.Label("block_size", Value(tags, "block_size")),
        PrometheusName.Label("cache_dtype", Value(tags, "value_type")),
        PrometheusName.Label("enable_prefix_caching", Value(tags, "prefix_cache") == "true" ? "True" : "False"),
        PrometheusName.Label("num_gpu_blocks", Value(tags, "blocks")));

    private static string Value(Tags tags, string key)
    {
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            if (tag.Key == key)
            {
                return Convert.ToString(tag.Value, CultureInfo.InvariantCulture) ?? "";
            }
        }

        return "";
    }
}
