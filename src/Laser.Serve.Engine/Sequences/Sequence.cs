using System.Diagnostics;
using System.Threading.Channels;
using Laser.Serve.Engine.Cache;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sampling;
using Laser.Serve.Engine.Speculation;

namespace Laser.Serve.Engine.Sequences;

/// <summary>
/// One of the texts that a request asks for: its tokens, how many of them are computed, and what it holds of the cache.
/// Belongs to the engine thread.
/// </summary>
internal sealed class Sequence
{
    private readonly int[] _tokenIds;
    private readonly TokenLogprob?[]? _logprobs;
    private readonly StopChecker _stop;
    private int _publishedCount;
    private StopCause? _cause;
    private bool _summarized;

    /// <summary>One that waits.</summary>
    /// <param name="group">The others of its request, and itself.</param>
    /// <param name="stop">Says when it ends.</param>
    /// <param name="sampling">Says how it goes on, and which of the request's sequences it is.</param>
    /// <param name="times">When it was submitted.</param>
    public Sequence(SequenceGroup group, StopChecker stop, SamplingState sampling, SequenceTimes times)
    {
        GenerationRequest request = group.Request;
        Group = group;
        Sampling = sampling;
        Times = times;
        PromptTokenCount = request.PromptTokenIds.Count;
        TokenCount = PromptTokenCount;
        _publishedCount = PromptTokenCount;
        _stop = stop;
        _tokenIds = new int[PromptTokenCount + request.MaxTokens];
        _logprobs = request.TopLogprobs is null ? null : new TokenLogprob?[request.MaxTokens];
        for (int i = 0; i < PromptTokenCount; i++)
        {
            _tokenIds[i] = request.PromptTokenIds[i];
        }
    }

    /// <summary>The sequences of its request.</summary>
    public SequenceGroup Group { get; }

    public GenerationRequest Request => Group.Request;

    public SamplingState Sampling { get; }

    public int Index => Sampling.SequenceIndex;

    public SequenceTimes Times { get; }

    public SequenceStatus Status { get; private set; }

    public int PromptTokenCount { get; }

    /// <summary>Prompt and generated tokens.</summary>
    public int TokenCount { get; private set; }

    /// <summary>
    /// Tokens whose keys and values are in the cache. The prompt counts as computed in all sequences of a request but
    /// the first, which computes it for them.
    /// </summary>
    public int ComputedTokenCount { get; private set; }

    /// <summary>Whether it begins when another sequence of its request has computed the prompt.</summary>
    public bool AwaitsPrompt => Group.PromptReader is Sequence reader && reader != this;

    /// <summary>Tokens that are to be computed before the next one can be sampled.</summary>
    public int PendingTokenCount => AwaitsPrompt ? 0 : TokenCount - ComputedTokenCount;

    /// <summary>
    /// Those that a step can compute: where others wait for the prompt, the step ends with it, and they get a copy of
    /// what is there then.
    /// </summary>
    public int ReadyTokenCount =>
        Group.PromptReader == this ? PromptTokenCount - ComputedTokenCount : PendingTokenCount;

    /// <summary>Whether it computes again what it had before it was preempted.</summary>
    public bool CatchesUp => GeneratedTokenCount > 0 && PendingTokenCount > 1;

    public int GeneratedTokenCount => TokenCount - PromptTokenCount;

    /// <summary>Whether every token that it computes now gets logits, not the last one only.</summary>
    public bool WantsPromptLogits => Request.PromptTopLogprobs is not null
        && ComputedTokenCount < PromptTokenCount
        && GeneratedTokenCount == 0;

    public ReadOnlySpan<int> TokenIds => _tokenIds.AsSpan(0, TokenCount);

    /// <summary>What stands behind the last token where that was guessed: the guess of the next one.</summary>
    public int NextGuess => _tokenIds[TokenCount];

    /// <summary>Guesses how it goes on; made when that is first wanted.</summary>
    public Drafter? Drafter { get; set; }

    /// <summary>Positions of the cache it can come to need: the last token is never fed back.</summary>
    public int CacheTokenLimit => _tokenIds.Length - 1;

    /// <summary>What it holds of the cache, while it runs.</summary>
    public BlockTable? Blocks { get; private set; }

    /// <summary>Why it ended; null while it lives.</summary>
    public FinishReason? FinishReason { get; private set; }

    /// <summary>
    /// Where asked for, one for each token of the prompt but the first; complete before there is any output.
    /// </summary>
    public List<TokenLogprob> PromptLogprobs { get; } = [];

    public void Start(BlockTable blocks, int computedTokenCount, long timestamp)
    {
        Debug.Assert(Status == SequenceStatus.Waiting);
        Status = SequenceStatus.Running;
        Blocks = blocks;
        ComputedTokenCount = computedTokenCount;
        Times.Started(timestamp);
    }

    /// <summary>Tokens from a position on, and behind the last one what was guessed.</summary>
    public ReadOnlySpan<int> TokensFrom(int position, int count) => _tokenIds.AsSpan(position, count);

    /// <summary>
    /// Guesses that it goes on as it did from <paramref name="position"/> on. One by one: a guess that comes to its own
    /// beginning repeats itself.
    /// </summary>
    public void Guess(int position, int count)
    {
        for (int i = 0; i < count; i++)
        {
            _tokenIds[TokenCount + i] = _tokenIds[position + i];
        }
    }

    /// <summary>
    /// Lets it wait again, without anything in the cache. Its tokens stay, and with them all that the next one depends
    /// on; only <see cref="SequenceGroup"/> calls it.
    /// </summary>
    public void Preempt()
    {
        Debug.Assert(Status == SequenceStatus.Running);
        Status = SequenceStatus.Waiting;
        ComputedTokenCount = 0;
        Blocks?.Dispose();
        Blocks = null;
        if (GeneratedTokenCount == 0)
        {
            // Nobody has read them: the reader waits for a token. They come again.
            PromptLogprobs.Clear();
        }
    }

    /// <summary>Notes that <paramref name="tokenCount"/> more tokens are in the cache.</summary>
    public void Computed(int tokenCount) => ComputedTokenCount += tokenCount;

    /// <summary>
    /// Appends a generated token; it may be the last. Returns the time since the one before, if there was one.
    /// </summary>
    public TimeSpan? Append(SampledToken token, long timestamp)
    {
        Debug.Assert(Status == SequenceStatus.Running);
        if (_logprobs is not null)
        {
            _logprobs[GeneratedTokenCount] = token.Logprob;
        }

        _tokenIds[TokenCount++] = token.TokenId;
        Sampling.Accept(token.TokenId);
        StopCause? cause = _stop.Check(token.TokenId, GeneratedTokenCount);
        if (cause is not { Reason: Requests.FinishReason.Stop } && Sampling.MustEnd)
        {
            cause = new StopCause(Requests.FinishReason.Stop);
        }

        if (cause is StopCause found)
        {
            _cause = found;
            Finish(found.Reason);
        }

        return Times.TokenAppended(timestamp);
    }

    /// <summary>
    /// Ends it as it is; only <see cref="SequenceGroup"/> calls it. After a time limit what there is is the answer,
    /// else there is none.
    /// </summary>
    public void End(FinishReason reason)
    {
        _cause = reason == Requests.FinishReason.TimeLimit ? new StopCause(reason) : null;
        Finish(reason);
    }

    /// <summary>Hands the reader what is new, and the summary once it is complete.</summary>
    public void Publish(ChannelWriter<SequenceOutput> output)
    {
        bool hidesLast = _cause is { TokenId: not null } && !Request.IncludeStop;
        int end = hidesLast ? TokenCount - 1 : TokenCount;
        while (_publishedCount < end)
        {
            TokenLogprob? logprob = _logprobs?[_publishedCount - PromptTokenCount];
            output.TryWrite(new SequenceOutput(Index, new SampledToken(_tokenIds[_publishedCount++], logprob)));
        }

        if (_cause is StopCause cause && !_summarized)
        {
            _summarized = true;
            output.TryWrite(new SequenceOutput(Index, default, Summarize(cause)));
        }
    }

    private void Finish(FinishReason reason)
    {
        Debug.Assert(Status != SequenceStatus.Finished);
        Status = SequenceStatus.Finished;
        FinishReason = reason;
        Blocks?.Dispose();
        Blocks = null;
    }

    private GenerationSummary Summarize(StopCause cause) => new()
    {
        FinishReason = cause.Reason,
        StopString = cause.String,
        StopTokenId = cause.TokenId,
        PromptTokenCount = PromptTokenCount,
        CachedTokenCount = Group.CachedTokenCount,
        GeneratedTokenCount = GeneratedTokenCount,
        QueueTime = Times.InQueue,
        PrefillTime = Times.InPrefill,
        DecodeTime = Times.InDecode,
    };
}
