namespace Laser.Serve.Model.Rotary;

/// <summary>
/// How the frequencies of a rotary position embedding follow from its base; the names are those of config.json.
/// </summary>
public enum RotaryType
{
    /// <summary><c>theta^(-2i/dim)</c>.</summary>
    Default,

    /// <summary>Position interpolation: all frequencies divided by one factor.</summary>
    Linear,

    /// <summary>A larger base for a context longer than the one trained with ("dynamic NTK").</summary>
    Dynamic,

    /// <summary>Llama 3.1: low frequencies divided by a factor, high ones kept, a linear blend between.</summary>
    Llama3,

    /// <summary>YaRN (arXiv 2309.00071): as Llama3 with a blend over channels, and cos and sin scaled.</summary>
    Yarn,
}
