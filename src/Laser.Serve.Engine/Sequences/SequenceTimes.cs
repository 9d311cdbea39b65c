namespace Laser.Serve.Engine.Sequences;

/// <summary>Timestamps of a sequence, those of <see cref="TimeProvider.GetTimestamp"/>.</summary>
internal sealed class SequenceTimes(TimeProvider time, long submitted)
{
    private long? _started;
    private long? _firstToken;
    private long? _lastToken;

    /// <summary>From submission to the first step, or to now.</summary>
    public TimeSpan InQueue => time.GetElapsedTime(submitted, _started ?? time.GetTimestamp());

    /// <summary>From the first step to the first token.</summary>
    public TimeSpan InPrefill => Between(_started, _firstToken);

    /// <summary>From the first token to the last.</summary>
    public TimeSpan InDecode => Between(_firstToken, _lastToken);

    /// <summary>From submission to now.</summary>
    public TimeSpan SinceSubmission => time.GetElapsedTime(submitted);

    /// <summary>Notes the first step; it may be said again when the sequence starts once more.</summary>
    public void Started(long timestamp) => _started ??= timestamp;

    /// <summary>Notes a token; returns the time since the one before, or null for the first.</summary>
    public TimeSpan? TokenAppended(long timestamp)
    {
        long? previous = _lastToken;
        _firstToken ??= timestamp;
        _lastToken = timestamp;
        return previous is long last ? time.GetElapsedTime(last, timestamp) : null;
    }

    private TimeSpan Between(long? start, long? end) =>
        start is long from && end is long to ? time.GetElapsedTime(from, to) : TimeSpan.Zero;
}
