namespace Laser.Serve.Testing.Reference;

/// <summary>
/// Flawed: the usual streaming softmax merge in fp32. Loses everything once two blocks are about 104 nats apart.
/// </summary>
internal sealed class StreamingMerge(int channels) : IPartialMerge
{
    private readonly float[] _sums = new float[channels];
    private readonly int[] _exponents = new int[channels];
    private float _score = float.NegativeInfinity;
    private float _weights;

    public void Add(BlockPartial block)
    {
        bool first = float.IsNegativeInfinity(_score);
        float score = Math.Max(_score, block.LargestScore);
        float keep = MathF.Exp(_score - score);
        float add = MathF.Exp(block.LargestScore - score);
        for (int c = 0; c < _sums.Length; c++)
        {
            int exponent = first ? block.Exponents[c] : Math.Max(_exponents[c], block.Exponents[c]);
            _sums[c] = (_sums[c] * keep * MathF.ScaleB(1, _exponents[c] - exponent))
                + ((float)block.Sums[c] * add * MathF.ScaleB(1, block.Exponents[c] - exponent));
            _exponents[c] = exponent;
        }

        _weights = (_weights * keep) + (block.WeightSum * add);
        _score = score;
    }

    public void Finish(Span<float> output)
    {
        for (int c = 0; c < _sums.Length; c++)
        {
            output[c] = (float)(MathF.Log(_sums[c] / _weights) + (_exponents[c] * Math.Log(2)));
        }
    }
}
