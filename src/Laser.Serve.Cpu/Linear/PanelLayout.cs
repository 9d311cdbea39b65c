namespace Laser.Serve.Cpu.Linear;

/// <summary>
/// Where a weight stands in a prepacked matrix. A panel holds 64 output features (the last one is padded with zeros)
/// and all input features, two to a pair (see <see cref="Storage.IPairFormat"/>):
/// <code>
///   bf16 [panel][input / 2][64 outputs][2 inputs]     fp32 [panel][input][64 outputs]
/// </code>
/// A product walks a panel as one sequential stream, with four vectors of outputs in flight.
/// </summary>
internal static class PanelLayout
{
    /// <summary>Output features per panel.</summary>
    public const int Outputs = 64;

    /// <summary>Bytes of 64 fp32 lanes.</summary>
    public const int RowBytes = Outputs * sizeof(float);

    /// <summary>Panels of a matrix.</summary>
    public static int PanelCount(int outputFeatures) => (int)(((long)outputFeatures + Outputs - 1) / Outputs);

    /// <summary>Bytes of one panel; an odd number of inputs is padded to an even one.</summary>
    public static long PanelBytes(int inputFeatures, long pairStride) => ((long)inputFeatures + 1) / 2 * pairStride;
}
