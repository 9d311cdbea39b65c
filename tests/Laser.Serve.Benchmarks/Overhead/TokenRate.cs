using System.Diagnostics;

namespace Laser.Serve.Benchmarks.Overhead;

/// <summary>
/// Tokens per second of some streams together, from when all of them have their first tokens until the first of them
/// has all of its own. Any thread.
/// </summary>
/// <param name="streamCount">Streams.</param>
/// <param name="tokensPerStream">Tokens of each.</param>
internal sealed class TokenRate(int streamCount, int tokensPerStream)
{
    private const int WarmUpTokens = 8;

    private readonly Lock _lock = new();
    private readonly int[] _tokens = new int[streamCount];
    private long _startTime;
    private long _startTotal;
    private double? _rate;

    /// <summary>The rate, when all have ended.</summary>
    public double PerSecond => _rate ?? throw new InvalidOperationException("No stream got all of its tokens.");

    /// <summary>Notes new tokens of a stream.</summary>
    public void Add(int stream, int count)
    {
        lock (_lock)
        {
            _tokens[stream] += count;
            if (_startTime == 0 && _tokens.Min() >= WarmUpTokens)
            {
                _startTime = Stopwatch.GetTimestamp();
                _startTotal = _tokens.Sum();
            }
            else if (_startTime != 0 && _rate is null && _tokens[stream] == tokensPerStream)
            {
                _rate = (_tokens.Sum() - _startTotal) / Stopwatch.GetElapsedTime(_startTime).TotalSeconds;
            }
        }
    }
}
