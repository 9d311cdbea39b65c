using System.Diagnostics.CodeAnalysis;

namespace Laser.Serve.Engine;

/// <summary>
/// Bounds the requests that wait, and the tokens of their prompts: whoever brings one takes a place, the engine gives it
/// back when the request leaves the queue. A request that goes back to the queue takes its place again unasked.
/// </summary>
/// <param name="capacity">Most requests.</param>
/// <param name="tokenCapacity">Most tokens of their prompts; a longer one may wait alone.</param>
internal sealed class QueuePlaces(int capacity, int tokenCapacity)
{
    // Both counts in one number, so that they change together: requests above, tokens below.
    private const int RequestShift = 44;
    private const long TokenMask = (1L << RequestShift) - 1;

    private long _taken;

    public int TakenCount => (int)(Volatile.Read(ref _taken) >> RequestShift);

    public long TakenTokenCount => Volatile.Read(ref _taken) & TokenMask;

    /// <summary>Takes a place for a prompt, or says which limit is in the way.</summary>
    public bool TryTake(int promptTokenCount, [NotNullWhen(false)] out string? whyNot)
    {
        long taken = Volatile.Read(ref _taken);
        while ((whyNot = WhyFull(taken, promptTokenCount)) is null)
        {
            long seen = Interlocked.CompareExchange(ref _taken, taken + Pack(1, promptTokenCount), taken);
            if (seen == taken)
            {
                return true;
            }

            taken = seen;
        }

        return false;
    }

    /// <summary>Gives places back; less than none takes them.</summary>
    public void Return(int count, long promptTokenCount) => Interlocked.Add(ref _taken, -Pack(count, promptTokenCount));

    private string? WhyFull(long taken, int promptTokenCount)
    {
        long tokens = taken & TokenMask;
        if (taken >> RequestShift >= capacity)
        {
            return $"All {capacity} places of the queue are taken.";
        }

        return tokens == 0 || tokens + promptTokenCount <= tokenCapacity
            ? null
            : $"The queue takes {tokenCapacity} prompt tokens; {tokens} wait, and the prompt has {promptTokenCount}.";
    }

    private static long Pack(int count, long tokenCount) => ((long)count << RequestShift) + tokenCount;
}
