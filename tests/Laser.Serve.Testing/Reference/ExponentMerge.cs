namespace Laser.Serve.Testing.Reference;

/// <summary>
/// The merge of the design: fp64 mantissas with integer exponents, so that nothing underflows between blocks.
/// </summary>
public sealed class ExponentMerge(int channels) : IPartialMerge
{
    private const double Ln2 = 0.693147180559945309;
    private readonly ScaledSum[] _sums = new ScaledSum[channels];
    private ScaledSum _weights;

    public void Add(BlockPartial block)
    {
        // exp(S) = 2^J * F with F in [1, 2).
        int j = (int)Math.Floor(block.LargestScore / Ln2);
        double f = Math.Exp(block.LargestScore - (j * Ln2));
        for (int c = 0; c < _sums.Length; c++)
        {
            _sums[c].Add(block.Sums[c] * f, block.Exponents[c] + j);
        }

        _weights.Add(block.WeightSum * f, j);
    }

    public void Finish(Span<float> output)
    {
        (double weight, long weightExponent) = _weights.Normalized();
        for (int c = 0; c < _sums.Length; c++)
        {
            (double sum, long exponent) = _sums[c].Normalized();
            output[c] = (float)(Math.Log(sum) - Math.Log(weight) + ((exponent - weightExponent) * Ln2));
        }
    }
}
