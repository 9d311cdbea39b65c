using System.Threading.Channels;
using Laser.Serve.Engine.Cache;
using Laser.Serve.Engine.Output;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sampling;
using Laser.Serve.Tokenization;

namespace Laser.Serve.Engine.Sequences;

/// <summary>
/// The life of a <see cref="GenerationRequest"/> in the engine: its sequences, which wait, start and fail together, and
/// end each for itself. The first that lives computes the prompt for all. Belongs to the engine thread, but for
/// <see cref="Output"/> and what never changes.
/// </summary>
internal sealed class SequenceGroup
{
    private readonly Sequence[] _sequences;
    private readonly Channel<SequenceOutput> _output = Channel.CreateUnbounded<SequenceOutput>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    private FinishReason? _endedBy;

    /// <summary>One that waits.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="stops">Those of the request.</param>
    /// <param name="vocabularySize">Logits per row.</param>
    /// <param name="time">Its time of submission is now.</param>
    public SequenceGroup(
        GenerationRequest request, ITokenizer tokenizer, StopStrings stops, int vocabularySize, TimeProvider time)
    {
        Request = request;
        Submitted = time.GetTimestamp();
        _sequences = new Sequence[request.SequenceCount];
        for (int i = 0; i < _sequences.Length; i++)
        {
            _sequences[i] = new Sequence(
                this,
                new StopChecker(request, tokenizer, stops),
                new SamplingState(request, i, vocabularySize),
                new SequenceTimes(time, Submitted));
        }
    }

    public GenerationRequest Request { get; }

    /// <summary>When it was submitted.</summary>
    public long Submitted { get; }

    /// <summary>Its number among all that came, from the first time that it is in the queue.</summary>
    public long? Number { get; set; }

    /// <summary>Weighted tokens that its key was charged for it.</summary>
    public long ChargedTokenCount { get; set; }

    /// <summary>
    /// Since when it is the first in the queue, or would be, and does not fit; null if that never happened.
    /// </summary>
    public long? HeldUpSince { get; set; }

    /// <summary>The first sequence.</summary>
    public Sequence First => _sequences[0];

    /// <summary>The first sequence that has not ended; there must be one.</summary>
    public Sequence FirstLiving => Array.Find(_sequences, static one => one.Status != SequenceStatus.Finished)!;

    /// <summary>The one that computes the prompt while others wait for that; null if nobody waits.</summary>
    public Sequence? PromptReader { get; private set; }

    public ReadOnlySpan<Sequence> Sequences => _sequences;

    /// <summary>Sequences that have not ended.</summary>
    public int LivingCount => _sequences.Length - CountOf(SequenceStatus.Finished);

    /// <summary>Whether it is in the queue, for the first time or again.</summary>
    public bool IsWaiting => CountOf(SequenceStatus.Waiting) > 0;

    /// <summary>Times that it went back to the queue.</summary>
    public int PreemptionCount { get; private set; }

    /// <summary>Whether all of its sequences have ended.</summary>
    public bool HasEnded => LivingCount == 0;

    /// <summary>Whether any of its sequences has a token.</summary>
    public bool HasTokens => First.GeneratedTokenCount > 0;

    /// <summary>Tokens sampled, all sequences together.</summary>
    public int GeneratedTokenCount
    {
        get
        {
            int count = 0;
            foreach (Sequence sequence in _sequences)
            {
                count += sequence.GeneratedTokenCount;
            }

            return count;
        }
    }

    /// <summary>Tokens of the prompt that were in the cache already, when it started for the first time.</summary>
    public int CachedTokenCount { get; private set; }

    /// <summary>Why it failed, if it did.</summary>
    public EngineException? Failure { get; private set; }

    /// <summary>Why it ended: what ended it as a whole, or else what ended its first sequence.</summary>
    public FinishReason? FinishReason => _endedBy ?? First.FinishReason;

    /// <summary>
    /// What the sequences say, for the reader. Completed when all of them are; with <see cref="Failure"/> if they
    /// failed.
    /// </summary>
    public ChannelReader<SequenceOutput> Output => _output.Reader;

    /// <summary>Whether its prompt is looked up in the prefix cache: logits of cached tokens are not there.</summary>
    public bool ReadsPrefixes => Request.UsePrefixCache && Request.PromptTopLogprobs is null;

    /// <summary>What it can come to need of the cache.</summary>
    public CacheDemand CacheDemand => new()
    {
        // Several sequences have no more in common.
        Prompt = LivingCount == 1 ? FirstLiving.TokenIds : First.TokenIds[..First.PromptTokenCount],
        TokenLimit = First.CacheTokenLimit,
        SequenceCount = LivingCount,
        Salt = Request.UsePrefixCache ? Request.CacheSalt : null,
        ReadsPrefixes = ReadsPrefixes || (Request.UsePrefixCache && HasTokens),
    };

    /// <summary>
    /// What it needs of the cache to start, and room to go on for a while. It gets more of that when it was preempted
    /// before, so that it does not have to give way again at once.
    /// </summary>
    /// <param name="blockSize">Tokens of a block.</param>
    public CacheDemand FirstDemand(int blockSize)
    {
        CacheDemand whole = CacheDemand;
        int longest = 0;
        foreach (Sequence sequence in _sequences)
        {
            bool lives = sequence.Status != SequenceStatus.Finished;
            longest = lives ? Math.Max(longest, sequence.TokenCount) : longest;
        }

        int room = PreemptionCount == 0 ? blockSize : Math.Max(2 * blockSize, longest - First.PromptTokenCount);
        return whole with { TokenLimit = Math.Min(whole.TokenLimit, longest + room) };
    }

    /// <summary>Starts all sequences that wait.</summary>
    /// <param name="tables">What they hold of the cache.</param>
    /// <param name="blockSize">Tokens of a block.</param>
    /// <param name="timestamp">When the step starts.</param>
    public void Start(BlockTable[] tables, int blockSize, long timestamp)
    {
        int cached = tables[0].CachedBlockCount * blockSize;
        CachedTokenCount = PreemptionCount == 0 ? cached : CachedTokenCount;
        Sequence first = FirstLiving;
        PromptReader = tables.Length > 1 ? first : null;
        int started = 0;
        foreach (Sequence sequence in _sequences)
        {
            if (sequence.Status == SequenceStatus.Waiting)
            {
                sequence.Start(tables[started++], sequence == first ? cached : First.PromptTokenCount, timestamp);
            }
        }
    }

    /// <summary>Notes that the other sequences have what <see cref="PromptReader"/> computed, and go on from there.</summary>
    public void PromptShared() => PromptReader = null;

    /// <summary>Lets all sequences that live wait again, from <see cref="Start"/> on; what they said stays.</summary>
    public void Preempt()
    {
        PreemptionCount++;
        PromptReader = null;
        HeldUpSince = null;
        foreach (Sequence sequence in _sequences)
        {
            if (sequence.Status == SequenceStatus.Running)
            {
                sequence.Preempt();
            }
        }
    }

    /// <summary>Ends all sequences that live: the request failed.</summary>
    public void Fail(EngineException failure)
    {
        Failure = failure;
        End(Requests.FinishReason.Error);
    }

    /// <summary>Ends all sequences that live, as they are.</summary>
    public void End(FinishReason reason)
    {
        _endedBy = reason;
        foreach (Sequence sequence in _sequences)
        {
            if (sequence.Status != SequenceStatus.Finished)
            {
                sequence.End(reason);
            }
        }
    }

    /// <summary>Hands the reader what is new.</summary>
    public void Publish()
    {
        foreach (Sequence sequence in _sequences)
        {
            sequence.Publish(_output.Writer);
        }

        if (HasEnded)
        {
            _output.Writer.TryComplete(Failure);
        }
    }
    private int CountOf(SequenceStatus status)
    {
        int count = 0;
        foreach (Sequence sequence in _sequences)
        {
            count += sequence.Status == status ? 1 : 0;
        }

        return count;
    }
}
