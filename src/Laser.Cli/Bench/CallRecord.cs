using Grpc.Core;
using Laser.Serve.V1;

namespace Laser.Cli.Bench;

/// <summary>
/// What was seen of one call. Not thread-safe: a call has one reader. Times are timestamps of the clock. A message
/// costs a few words of memory, set aside when the call is made.
/// </summary>
/// <param name="sequenceCount">Sequences that were asked for.</param>
/// <param name="promptTokens">Tokens of the prompt.</param>
/// <param name="outputTokens">Tokens that each sequence is to have.</param>
internal sealed class CallRecord(int sequenceCount, int promptTokens, int outputTokens)
{
    private readonly SequenceRecord[] _sequences = new SequenceRecord[sequenceCount];
    private readonly List<TokenGap> _gaps = new(sequenceCount * (outputTokens - 1));
    private int _finishCount;

    /// <summary>Tokens of the prompt, as planned.</summary>
    public int PromptTokens => promptTokens;

    /// <summary>When it was to be sent. Latencies count from here, so that a late client hides no waiting.</summary>
    public long Intended { get; init; }

    /// <summary>When it was sent.</summary>
    public long Sent { get; set; }

    /// <summary>When its first token came; null for none.</summary>
    public long? FirstToken { get; private set; }

    /// <summary>When it ended.</summary>
    public long Ended { get; set; }

    /// <summary>How it ended.</summary>
    public CallEnd End { get; set; }

    /// <summary>Its status, where it failed.</summary>
    public Status Failure { get; set; }

    /// <summary>Time in the server's queue, in seconds, as the server says; null where it says nothing.</summary>
    public double? QueueSeconds { get; private set; }

    /// <summary>Tokens of the prompt that the server had in its cache.</summary>
    public int CachedTokens { get; private set; }

    /// <summary>The sequences.</summary>
    public ReadOnlySpan<SequenceRecord> Sequences => _sequences;

    /// <summary>The messages with tokens but the first of each sequence.</summary>
    public IReadOnlyList<TokenGap> Gaps => _gaps;

    /// <summary>Whether the server called a sequence complete that has fewer tokens than it was to have.</summary>
    public bool IsShort => _finishCount == sequenceCount && Array.Exists(_sequences, s => s.TokenCount < outputTokens);

    /// <summary>Tokens of all sequences.</summary>
    public int TokenCount => _sequences.Sum(sequence => sequence.TokenCount);

    /// <summary>Notes a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="now">When it came.</param>
    public void Received(GenerateResponse message, long now)
    {
        if (message.TokenIds.Count > 0)
        {
            TokensArrived((int)message.Index, message.TokenIds.Count, now);
        }

        if (message.Finish is { } finish)
        {
            _finishCount++;
            QueueSeconds ??= finish.Timings?.QueueSeconds;
            CachedTokens = Math.Max(CachedTokens, (int)(finish.Usage?.CachedTokens ?? 0));
            End = finish.Reason == FinishReason.TimeLimit ? CallEnd.TimedOut : End;
        }
    }

    private void TokensArrived(int index, int count, long now)
    {
        ref SequenceRecord sequence = ref _sequences[index];
        FirstToken ??= now;
        if (sequence.TokenCount == 0)
        {
            // What else came with the first token came without a gap that could be measured.
            sequence.First = now;
        }
        else
        {
            _gaps.Add(new TokenGap(now - sequence.Last, count));
        }

        sequence.TokenCount += count;
        sequence.Last = now;
    }
}
