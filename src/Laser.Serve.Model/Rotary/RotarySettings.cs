namespace Laser.Serve.Model.Rotary;

/// <summary>The rotary position embedding of a checkpoint, checked.</summary>
public sealed record RotarySettings
{
    /// <summary>Which formula gives the frequencies.</summary>
    public RotaryType Type { get; init; } = RotaryType.Default;

    /// <summary>Channels of a head that are rotated, the first ones; even.</summary>
    public required int Dim { get; init; }

    /// <summary>Base of the frequencies, above 1.</summary>
    public double Theta { get; init; } = 10000;

    /// <summary>Ratio of the extended to the original context, at least 1. Every type but Default.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>Context length the model was trained with before it was extended. Dynamic, Llama3 and Yarn.</summary>
    public required int OriginalLength { get; init; }

    /// <summary>Llama3: turns over the original length below which a frequency is divided by the factor.</summary>
    public double LowFrequencyFactor { get; init; } = 1;

    /// <summary>Llama3: turns over the original length above which a frequency is kept.</summary>
    public double HighFrequencyFactor { get; init; } = 4;

    /// <summary>Yarn: turns over the original length above which a channel is kept.</summary>
    public double BetaFast { get; init; } = 32;

    /// <summary>
    /// Yarn: turns over the original length below which a channel's frequency is divided by the factor.
    /// </summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary>Yarn: whether the blend begins and ends at whole channels.</summary>
    public bool Truncate { get; init; } = true;

    /// <summary>Factor on cos and sin, and so its square on the scores. 1 unless Yarn.</summary>
    public double AttentionFactor { get; init; } = 1;
}
