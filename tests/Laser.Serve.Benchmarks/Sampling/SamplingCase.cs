using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sampling;

namespace Laser.Serve.Benchmarks.Sampling;

/// <summary>A way to sample, and the times it took.</summary>
internal sealed class SamplingCase
{
    private readonly List<double> _microseconds = [];
    private readonly Action<float[]> _sample;

    private SamplingCase(string name, SamplingCase? baseline, Action<float[]> sample)
    {
        Name = name;
        Baseline = baseline;
        _sample = sample;
    }

    public string Name { get; }

    public SamplingCase? Baseline { get; }

    public double Median => _microseconds.Order().ElementAt(_microseconds.Count / 2);

    public static SamplingCase Plain(string name, SamplingParams sampling, int vocabularySize)
    {
        var sampler = new PlainSampler(vocabularySize);
        return new SamplingCase(name, null, row => Require(sampler.TrySample(row, sampling, 0, out _)));
    }

    /// <summary>The sampler, behind a prompt of 1000 tokens and 500 generated ones.</summary>
    public static SamplingCase Of(string name, SamplingCase baseline, GenerationRequest request, int vocabularySize)
    {
        var sampler = new Sampler(vocabularySize);
        var state = new SamplingState(request, sequenceIndex: 0, vocabularySize);
        var random = new Random(2);
        for (int i = 0; i < 500; i++)
        {
            state.Accept(random.Next(vocabularySize));
        }

        return new SamplingCase(name, baseline, row => Require(sampler.TrySample(row, state, 0, out _)));
    }

    public void Run(float[] row, bool counts)
    {
        long start = TimeProvider.System.GetTimestamp();
        _sample(row);
        double microseconds = TimeProvider.System.GetElapsedTime(start).TotalMicroseconds;
        if (counts)
        {
            _microseconds.Add(microseconds);
        }
    }

    private static void Require(bool sampled)
    {
        if (!sampled)
        {
            throw new InvalidOperationException("Nothing was sampled.");
        }
    }
}
