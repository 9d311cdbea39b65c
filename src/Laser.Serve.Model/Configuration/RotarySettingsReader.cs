using Laser.Serve.Model.Checkpoints;
using Laser.Serve.Model.Rotary;

namespace Laser.Serve.Model.Configuration;

/// <summary>
/// Reads the rotary embedding from both dialects of config.json. The older has <c>rope_theta</c> and
/// <c>partial_rotary_factor</c> at the top and the rest in <c>rope_scaling</c>; the newer has all in
/// <c>rope_parameters</c>. A file may hold both; a value given twice must agree.
/// </summary>
internal sealed class RotarySettingsReader
{
    private const double Largest = 1e12;

    private static readonly string[] KnownKeys =
    [
        "rope_type", "type", "rope_theta", "partial_rotary_factor", "factor", "original_max_position_embeddings",
        "low_freq_factor", "high_freq_factor", "attention_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim",
        "truncate", "finetuned",
    ];

    private readonly ConfigObject _config;
    private readonly ConfigObject[] _dialects;

    /// <summary>Looks the two objects up.</summary>
    public RotarySettingsReader(ConfigObject config)
    {
        _config = config;
        ConfigObject?[] dialects = [config.Object("rope_scaling"), config.Object("rope_parameters")];
        _dialects = [.. dialects.OfType<ConfigObject>()];
    }

    /// <summary>Reads the settings.</summary>
    /// <param name="headDim">Channels of a head.</param>
    /// <param name="maxPositions">The model's <c>max_position_embeddings</c>.</param>
    /// <exception cref="CheckpointException">
    /// A value is missing, out of range, unknown or given twice and different.
    /// </exception>
    public RotarySettings Read(int headDim, int maxPositions)
    {
        CheckKeys();
        RotaryType type = ReadType();
        var settings = new RotarySettings
        {
            Type = type,
            Dim = ReadDim(headDim, type),
            Theta = Number("rope_theta", 1 + 1e-6, Largest, [_config, .. _dialects]) ?? 10000,
            OriginalLength = maxPositions,
        };
        return type switch
        {
            RotaryType.Default => settings,
            RotaryType.Linear => settings with { Factor = RequiredFactor() },
            RotaryType.Dynamic => ReadDynamic(settings),
            RotaryType.Llama3 => ReadLlama3(settings),
            _ => ReadYarn(settings),
        };
    }

    private void CheckKeys()
    {
        foreach (ConfigObject dialect in _dialects)
        {
            string? unknown = dialect.Keys.FirstOrDefault(key => !KnownKeys.Contains(key));
            if (unknown is not null)
            {
                throw dialect.Refuse(unknown, "is unknown; all layers have one rotary embedding, of the known types.");
            }
        }
    }

    private RotaryType ReadType()
    {
        var names = _dialects
            .SelectMany(dialect => new[] { dialect.String("rope_type"), dialect.String("type") })
            .OfType<string>().Distinct().ToList();
        if (names.Count > 1)
        {
            throw _config.Refuse("rope_type", $"is given more than once and differs: {string.Join(", ", names)}.");
        }

        if (names.Count == 0 && Number("factor", 0, Largest) is not null)
        {
            throw _config.Refuse("rope_type", "is missing beside a factor in rope_scaling or rope_parameters.");
        }

        return names.FirstOrDefault("default") switch
        {
            "default" => RotaryType.Default,
            "linear" => RotaryType.Linear,
            "dynamic" => RotaryType.Dynamic,
            "llama3" => RotaryType.Llama3,
            "yarn" => RotaryType.Yarn,
            string other => throw _config.Refuse(
                "rope_type", $"is '{other}'; supported are default, linear, dynamic, llama3, yarn."),
        };
    }

    private int ReadDim(int headDim, RotaryType type)
    {
        double part = Number("partial_rotary_factor", 0, 1, [_config, .. _dialects]) ?? 1;
        int dim = (int)(headDim * part);
        int least = type == RotaryType.Dynamic ? 4 : 2;
        return dim >= least && dim % 2 == 0
            ? dim
            : throw _config.Refuse(
                "partial_rotary_factor",
                $"gives {dim} of {headDim} channels to rotate; it must be an even number from {least} on.");
    }

    private RotarySettings ReadDynamic(RotarySettings settings)
    {
        int original = OriginalLength() ?? settings.OriginalLength;
        if (original != settings.OriginalLength)
        {
            throw _config.Refuse(
                "original_max_position_embeddings",
                $"is {original}; the type dynamic counts from max_position_embeddings = {settings.OriginalLength}.");
        }

        return settings with { Factor = RequiredFactor() };
    }

    private RotarySettings ReadLlama3(RotarySettings settings)
    {
        double low = Required("low_freq_factor", 1e-6, Largest);
        double high = Required("high_freq_factor", 1e-6, Largest);
        return settings with
        {
            Factor = RequiredFactor(),
            OriginalLength = OriginalLength() ?? throw Missing("original_max_position_embeddings"),
            LowFrequencyFactor = low,
            HighFrequencyFactor = low < high
                ? high
                : throw _config.Refuse("high_freq_factor", $"is {high}; it must be above low_freq_factor = {low}."),
        };
    }

    private RotarySettings ReadYarn(RotarySettings settings)
    {
        int original = OriginalLength() ?? settings.OriginalLength;
        double factor = Number("factor", 1, Largest) ?? Math.Max(1, (double)settings.OriginalLength / original);
        double fast = Number("beta_fast", 1e-6, Largest) ?? 32;
        double slow = Number("beta_slow", 1e-6, Largest) ?? 1;
        return settings with
        {
            Factor = factor,
            OriginalLength = original,
            BetaFast = fast,
            BetaSlow = slow <= fast
                ? slow
                : throw _config.Refuse("beta_slow", $"is {slow}; it must not exceed beta_fast = {fast}."),
            Truncate = Agreed("truncate", _dialects, (dialect, key) => dialect.Flag(key)) ?? true,
            AttentionFactor = ReadAttentionFactor(factor),
        };
    }

    private double ReadAttentionFactor(double factor)
    {
        double? scale = Number("mscale", 0, Largest);
        double? scaleAll = Number("mscale_all_dim", 0, Largest);
        return Number("attention_factor", 1e-6, Largest)
            ?? (scale > 0 && scaleAll > 0 ? Magnitude(scale.Value) / Magnitude(scaleAll.Value) : Magnitude(1));

        double Magnitude(double weight) => (0.1 * weight * Math.Log(factor)) + 1;
    }

    private double RequiredFactor() => Required("factor", 1, Largest);

    private double Required(string key, double minimum, double maximum) =>
        Number(key, minimum, maximum) ?? throw Missing(key);

    private CheckpointException Missing(string key) =>
        _config.Refuse(key, "is missing in rope_scaling or rope_parameters.");

    private int? OriginalLength() => Agreed(
        "original_max_position_embeddings", _dialects, (dialect, key) => dialect.Integer(key, 1, 1 << 24));

    private double? Number(string key, double minimum, double maximum, ConfigObject[]? places = null) =>
        Agreed(key, places ?? _dialects, (place, name) => place.Number(name, minimum, maximum));

    private static T? Agreed<T>(string key, ConfigObject[] places, Func<ConfigObject, string, T?> read)
        where T : struct
    {
        (ConfigObject Place, T Value)? first = null;
        foreach (ConfigObject place in places)
        {
            if (read(place, key) is not { } value)
            {
                continue;
            }

            first ??= (place, value);
            if (!value.Equals(first.Value.Value))
            {
                throw place.Refuse(key, $"is {value}, but {first.Value.Place.PathOf(key)} is {first.Value.Value}.");
            }
        }

        return first?.Value;
    }
}
