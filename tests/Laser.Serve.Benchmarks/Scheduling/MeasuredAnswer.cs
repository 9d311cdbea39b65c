using System.Diagnostics;
using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Benchmarks.Scheduling;

/// <summary>An answer and when its tokens came. Times are timestamps of <see cref="Stopwatch"/>.</summary>
internal sealed class MeasuredAnswer(GenerationRequest request)
{
    private readonly List<long> _arrivals = [];
    private readonly List<(int Sequence, int Token, int Bits)> _tokens = [];
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long Sent { get; set; }

    /// <summary>Ends when the first token is there.</summary>
    public Task First => _first.Task;

    public double FirstMilliseconds => Milliseconds(Sent, _arrivals[0]);

    public double LastMilliseconds => Milliseconds(Sent, _arrivals[^1]);

    public int CachedTokenCount { get; private set; }

    public int ComputedTokenCount => request.PromptTokenIds.Count - CachedTokenCount;

    /// <summary>Tokens, and the bits of their log-probabilities where asked for, by sequence.</summary>
    public IEnumerable<(int Sequence, int Token, int Bits)> Tokens => _tokens.OrderBy(token => token.Sequence);

    public void Add(TokenOutput output, long now)
    {
        for (int i = 0; i < output.TokenIds.Count; i++)
        {
            int bits = output.Logprobs.Count == 0 ? 0 : BitConverter.SingleToInt32Bits(output.Logprobs[i].Logprob);
            _tokens.Add((output.Index, output.TokenIds[i], bits));
            _arrivals.Add(now);
        }

        CachedTokenCount = output.Final?.CachedTokenCount ?? CachedTokenCount;
        _first.TrySetResult();
    }

    /// <summary>Milliseconds between tokens, of those that came in an interval.</summary>
    public IEnumerable<double> GapsBetween(long start, long end) => _arrivals
        .Zip(_arrivals.Skip(1), (one, next) => (one, next))
        .Where(gap => gap.next >= start && gap.one <= end)
        .Select(gap => Milliseconds(gap.one, gap.next));

    private static double Milliseconds(long start, long end) => Stopwatch.GetElapsedTime(start, end).TotalMilliseconds;
}
