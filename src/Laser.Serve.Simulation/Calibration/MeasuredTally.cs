using Laser.Serve.Engine;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Simulation.Results;

namespace Laser.Serve.Simulation.Calibration;

/// <summary>Clients of a real engine, and what they see. Thread-safe.</summary>
internal sealed class MeasuredTally(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Durations _ttft = new();
    private readonly Durations _itl = new();
    private long _finished;
    private long _others;
    private long _tokens;

    /// <summary>Sends a request at once and reads its answer.</summary>
    /// <param name="engine">A running engine.</param>
    /// <param name="request">The request.</param>
    /// <param name="patience">When the client gives up; null for never.</param>
    public async Task ReadAsync(InferenceEngine engine, GenerationRequest request, TimeSpan? patience)
    {
        using var givesUp = patience is TimeSpan limit
            ? new CancellationTokenSource(limit, time)
            : new CancellationTokenSource();
        long last = time.GetTimestamp();
        bool first = true;
        bool finished = false;
        try
        {
            await foreach (TokenOutput output in engine.GenerateAsync(request, givesUp.Token).ConfigureAwait(false))
            {
                long now = time.GetTimestamp();
                foreach (int _ in output.TokenIds)
                {
                    Note(first ? _ttft : _itl, time.GetElapsedTime(last, now));
                    (first, last) = (false, now);
                }

                finished |= output.Final?.FinishReason is FinishReason.Stop or FinishReason.Length;
            }
        }
        catch (Exception e) when (e is EngineException or OperationCanceledException)
        {
            finished = false;
        }

        lock (_lock)
        {
            _finished += finished ? 1 : 0;
            _others += finished ? 0 : 1;
        }
    }

    public MeasuredResult Result(TimeSpan duration)
    {
        lock (_lock)
        {
            return new MeasuredResult
            {
                Seconds = duration.TotalSeconds,
                Finished = _finished,
                Others = _others,
                GeneratedTokens = _tokens,
                Ttft = _ttft.Summarize(),
                Itl = _itl.Summarize(),
            };
        }
    }

    private void Note(Durations durations, TimeSpan duration)
    {
        lock (_lock)
        {
            _tokens++;
            durations.Add(duration.Ticks * (1_000_000_000 / TimeSpan.TicksPerSecond));
        }
    }
}
