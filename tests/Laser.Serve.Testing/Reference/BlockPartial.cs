namespace Laser.Serve.Testing.Reference;

/// <summary>
/// What one block contributes to one query: per channel <c>Sums_j * 2^Exponents_j * exp(LargestScore)</c>, and for the
/// weights <c>WeightSum * exp(LargestScore)</c>.
/// </summary>
public sealed class BlockPartial(int channels)
{
    public double[] Sums { get; } = new double[channels];

    public int[] Exponents { get; } = new int[channels];

    public float LargestScore { get; set; }

    public float WeightSum { get; set; }
}
