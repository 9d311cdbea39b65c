namespace Laser.Serve.Testing.Reference;

/// <summary>
/// A positive sum as <c>Mantissa * 2^Exponent</c>: no range to run out of, whatever the terms are scaled by.
/// </summary>
public struct ScaledSum
{
    // Further apart than this, the smaller of two terms is below the last bit of any double.
    private const int Vanished = 4096;

    private double _mantissa;
    private int _exponent;
    private bool _started;

    /// <summary>Adds <c>term * 2^exponent</c>.</summary>
    public void Add(double term, int exponent)
    {
        if (!_started)
        {
            (_mantissa, _exponent, _started) = (term, exponent, true);
            return;
        }

        if (exponent > _exponent)
        {
            _mantissa = Math.ScaleB(_mantissa, Math.Max(_exponent - exponent, -Vanished));
            _exponent = exponent;
        }

        _mantissa += Math.ScaleB(term, Math.Max(exponent - _exponent, -Vanished));
    }

    /// <summary>
    /// The sum with its mantissa in [1, 2). Without this step equal sums under different shifts would differ in the
    /// last bit of their logarithm.
    /// </summary>
    public readonly (double Mantissa, long Exponent) Normalized()
    {
        if (_mantissa == 0 || !double.IsFinite(_mantissa))
        {
            return (_mantissa, _exponent);
        }

        int shift = Math.ILogB(_mantissa);
        return (Math.ScaleB(_mantissa, -shift), (long)_exponent + shift);
    }
}
