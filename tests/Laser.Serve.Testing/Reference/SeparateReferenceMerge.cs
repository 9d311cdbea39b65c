namespace Laser.Serve.Testing.Reference;

/// <summary>
/// Flawed: fp64 under one score maximum and one shift maximum of all blocks. Loses everything once the two disagree by
/// more than about 700 nats.
/// </summary>
internal sealed class SeparateReferenceMerge(int channels) : IPartialMerge
{
    private readonly List<(double[] Sums, int[] Exponents, double Score, double Weight)> _blocks = [];

    public void Add(BlockPartial block) =>
        _blocks.Add(([.. block.Sums], [.. block.Exponents], block.LargestScore, block.WeightSum));

    public void Finish(Span<float> output)
    {
        double score = _blocks.Max(b => b.Score);
        double weight = _blocks.Sum(b => b.Weight * Math.Exp(b.Score - score));
        for (int c = 0; c < channels; c++)
        {
            int channel = c;
            int exponent = _blocks.Max(b => b.Exponents[channel]);
            double sum = _blocks.Sum(
                b => b.Sums[channel] * Math.ScaleB(Math.Exp(b.Score - score), b.Exponents[channel] - exponent));
            output[c] = (float)(Math.Log(sum / weight) + (exponent * Math.Log(2)));
        }
    }
}
