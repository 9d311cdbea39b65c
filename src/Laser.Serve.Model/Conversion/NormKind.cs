namespace Laser.Serve.Model.Conversion;

/// <summary>The norms of x-transformers that can be written as RMS norms.</summary>
internal enum NormKind
{
    /// <summary>Mean and deviation, epsilon 1e-5, a gain per channel (<c>gamma</c>) and no bias. The default.</summary>
    Layer,

    /// <summary>Root mean square, a gain per channel (<c>g</c>).</summary>
    Rms,

    /// <summary>Root mean square, one gain for all channels (<c>g</c>).</summary>
    Scale,

    /// <summary>Root mean square, no gain.</summary>
    Simple,
}
