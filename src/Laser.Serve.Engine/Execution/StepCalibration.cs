using System.Diagnostics;
using Laser.Serve.Compute;
using Laser.Serve.Engine.Scheduling;

namespace Laser.Serve.Engine.Execution;

/// <summary>
/// Measures how long steps of a model take: one that decodes and some that read prompts. No sequence fills a block, so
/// that nothing is sealed and counted, and nothing stays in the cache.
/// </summary>
internal sealed class StepCalibration
{
    private const int RoundCount = 5;

    private static readonly int[] TokenCounts = [1, 16, 48, 192];
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private readonly IModelRunner _runner;
    private readonly TimeProvider _time;
    private readonly int _tokensPerSequence;
    private readonly int[] _tokenCounts;
    private readonly int[] _tokens;
    private readonly ForwardBatch _batch;
    private readonly float[] _logits;
    private readonly SequenceFault[] _faults;

    private StepCalibration(IModelRunner runner, EngineLimits limits, TimeProvider time)
    {
        _runner = runner;
        _time = time;
        int sequences = Math.Min(limits.MaxRunningSequences, limits.CacheLayout.BlockCount);
        _tokensPerSequence = Math.Min(limits.CacheLayout.BlockSize, limits.MaxSequenceLength) - 1;
        int most = Math.Min(limits.MaxTokensPerStep, sequences * _tokensPerSequence);
        _tokenCounts = [.. TokenCounts.Select(count => Math.Min(count, most)).Distinct()];
        _tokens = new int[_tokensPerSequence];
        _batch = new ForwardBatch(most, sequences, sequences);
        _logits = new float[runner.VocabularySize];
        _faults = new SequenceFault[sequences];
    }

    /// <summary>
    /// Measures, for a second or little longer; of a model whose steps are so slow that this is not enough, only the
    /// short ones. Null if the time of a step is not one that grows with its tokens.
    /// </summary>
    public static StepTime? Measure(IModelRunner runner, EngineLimits limits, TimeProvider time) =>
        new StepCalibration(runner, limits, time).Measure();

    private StepTime? Measure()
    {
        long started = _time.GetTimestamp();
        var seconds = new List<double>[_tokenCounts.Length];
        for (int i = 0; i < RoundCount * _tokenCounts.Length; i++)
        {
            (int round, int size) = Math.DivRem(i, _tokenCounts.Length);
            seconds[size] ??= [];
            bool isNeeded = round == 0 && size < 2;
            if (isNeeded || _time.GetElapsedTime(started) + TimeSpan.FromSeconds(Expected(seconds, size)) < Limit)
            {
                seconds[size].Add(Run(_tokenCounts[size]));
            }
        }

        return StepTime.Fit(seconds
            .Select((all, size) => (_tokenCounts[size], all))
            .Where(one => one.all.Count > 0)
            .Select(one => (one.Item1, one.all.Order().ElementAt(one.all.Count / 2))));
    }

    // As long as the last time; at first no longer for each token than a shorter step.
    private double Expected(List<double>[] seconds, int size)
    {
        int known = size;
        while (known > 0 && seconds[known].Count == 0)
        {
            known--;
        }

        return seconds[known].LastOrDefault() * _tokenCounts[size] / _tokenCounts[known];
    }

    private double Run(int tokenCount)
    {
        _batch.Clear();
        for (int left = tokenCount; left > 0; left -= _tokensPerSequence)
        {
            int block = _batch.SequenceCount;
            bool isLast = left <= _tokensPerSequence;
            int count = Math.Min(left, _tokensPerSequence);
            _batch.Add(_tokens.AsSpan(0, count), 0, [block], openSlot: block, logitCount: isLast ? 1 : 0);
        }

        Debug.Assert(_batch.TokenCount == tokenCount);
        long started = _time.GetTimestamp();
        try
        {
            _runner.Run(_batch, _logits, _faults.AsSpan(0, _batch.SequenceCount));
            return _time.GetElapsedTime(started).TotalSeconds;
        }
        finally
        {
            for (int block = 0; block < _batch.SequenceCount; block++)
            {
                _runner.ReleaseBlock(block);
            }
        }
    }
}
