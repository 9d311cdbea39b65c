using System.Diagnostics.Metrics;
using Laser.Serve.Hosting;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace Laser.Serve.Metrics;

/// <summary>What is served and where the server stands: gauges, most of them 1 with what they tell in labels.</summary>
internal sealed class ServerMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Laser.Serve";

    private readonly ModelState _state;
    private readonly ServerOptions _options;
    private readonly StartupPhases _startup;

    public ServerMetrics(
        IMeterFactory factory, ModelState state, ServerOptions options, ServerClock clock, StartupPhases startup)
    {
        _state = state;
        _options = options;
        _startup = startup;
        Meter meter = factory.Create(MeterName);
        double started = clock.StartTime.ToUnixTimeMilliseconds() / 1000.0;
        meter.CreateObservableGauge("laser.model.info", ModelInfo, null, "The served model, in labels; 1.");
        meter.CreateObservableGauge(
            "laser.model.weights", () => Model?.WeightByteSize ?? 0, "By", "Weight matrices on the device; 0 while they load.");
        meter.CreateObservableGauge("laser.kv.cache.info", CacheInfo, null, "The key/value cache, in labels; 1.");
        meter.CreateObservableGauge("laser.build.info", BuildInfo, null, "The program, in labels; 1.");
        meter.CreateObservableGauge("laser.server.state", States, null, "Where the server stands: 1 for that state.");
        meter.CreateObservableGauge("laser.server.start_time", () => started, "s", "When it was started, since 1970.");
        meter.CreateObservableGauge("laser.startup", Startup, "s", "What loading took, by phase.");
        meter.CreateObservableGauge(
            "laser.limit.running_sequences", () => options.MaxRunningSequences, "{sequence}", "Most sequences that run.");
        meter.CreateObservableGauge(
            "laser.limit.waiting_requests", () => options.MaxQueuedRequests, "{request}", "Most requests that wait.");
    }

    private ServedModel? Model => _state.Loaded.IsCompletedSuccessfully ? _state.Loaded.Result : null;

    private IEnumerable<Measurement<int>> ModelInfo()
    {
        if (Model is { } model)
        {
            V1.Model description = model.Describe();
            yield return new Measurement<int>(
                1,
                new Tag("model", description.Name),
                new Tag("attention", description.AttentionVariant),
                new Tag("weight_type", description.WeightType),
                new Tag("device", description.Device),
                new Tag("context_length", (int)description.ContextLength));
        }
    }

    private IEnumerable<Measurement<int>> CacheInfo()
    {
        if (Model is { } model)
        {
            yield return new Measurement<int>(
                1,
                new Tag("block_size", model.CacheLayout.BlockSize),
                new Tag("blocks", model.CacheBlockCount),
                new Tag("value_type", model.CacheLayout.ValueType.ToString().ToLowerInvariant()),
                new Tag("prefix_cache", _options.Engine.PrefixCache ? "true" : "false"));
        }
    }

    private static Measurement<int> BuildInfo() =>
        new(1, new Tag("version", ServerClock.Version), new Tag("runtime", Environment.Version.ToString()));

    private IEnumerable<Measurement<int>> States()
    {
        ServingState current = _state.Current;
        return Enum.GetValues<ServingState>().Select(state =>
            new Measurement<int>(state == current ? 1 : 0, new Tag("state", state.ToString().ToLowerInvariant())));
    }

    private IEnumerable<Measurement<double>> Startup() => _startup.Durations.Select(phase =>
        new Measurement<double>(phase.Value.TotalSeconds, new Tag("phase", phase.Key)));
}
