namespace Laser.Serve.Compute;

/// <summary>Gate function of a gated feed-forward block.</summary>
public enum Activation
{
    /// <summary><c>x / (1 + exp(-x))</c>: SwiGLU.</summary>
    Silu,

    /// <summary><c>x/2 * (1 + erf(x / sqrt 2))</c>: GeGLU, exact form.</summary>
    Gelu,

    /// <summary><c>x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3)))</c>: GeGLU, tanh form.</summary>
    GeluTanh,
}
