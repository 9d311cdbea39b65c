using System.Diagnostics;
using System.Threading.Channels;
using Laser.Serve.Engine.Cache;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sampling;

namespace Laser.Serve.Engine.Sequences;

/// <summary>
/// The life of a <see cref="GenerationRequest"/> in the engine: its tokens, how many of them are computed, and what it
/// holds of the cache. Belongs to the engine thread, but for <see cref="Output"/>, and <see cref="Summary"/> once that
/// is complete.
/// </summary>
internal sealed class Sequence
{
    private readonly int[] _tokenIds;
    private readonly TokenLogprob?[]? _logprobs;
    private readonly StopChecker _stop;
    private readonly Channel<SampledToken> _output = Channel.CreateUnbounded<SampledToken>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    private int _publishedCount;
    private StopCause? _cause;

    public Sequence(GenerationRequest request, StopChecker stop, SamplingState sampling, TimeProvider time)
    {
        Request = request;
        Sampling = sampling;
        QueueNode = new LinkedListNode<Sequence>(this);
        Times = new SequenceTimes(time);
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

    public GenerationRequest Request { get; }

    public SamplingState Sampling { get; }

    /// <summary>Its place in the queue, while it waits.</summary>
    public LinkedListNode<Sequence> QueueNode { get; }

    public SequenceTimes Times { get; }

    public SequenceStatus Status { get; private set; }

    public int PromptTokenCount { get; }

    /// <summary>Prompt and generated tokens.</summary>
    public int TokenCount { get; private set; }

    /// <summary>Tokens whose keys and values are in the cache.</summary>
    public int ComputedTokenCount { get; private set; }

    public int PendingTokenCount => TokenCount - ComputedTokenCount;

    public int GeneratedTokenCount => TokenCount - PromptTokenCount;

    /// <summary>Whether every token that it computes now gets logits, not the last one only.</summary>
    public bool WantsPromptLogits => Request.PromptTopLogprobs is not null && ComputedTokenCount < PromptTokenCount;

    public ReadOnlySpan<int> TokenIds => _tokenIds.AsSpan(0, TokenCount);

    /// <summary>Positions of the cache it can come to need: the last token is never fed back.</summary>
    public int CacheTokenLimit => _tokenIds.Length - 1;

    /// <summary>What it holds of the cache, while it runs.</summary>
    public BlockTable? Blocks { get; private set; }

    /// <summary>Why it failed, if it did.</summary>
    public EngineException? Failure { get; private set; }

    /// <summary>Why it ended; null while it lives.</summary>
    public FinishReason? FinishReason { get; private set; }

    /// <summary>
    /// Tokens of the text, for the reader. Completed when the sequence is; with <see cref="Failure"/> if it failed.
    /// </summary>
    public ChannelReader<SampledToken> Output => _output.Reader;

    /// <summary>
    /// Where asked for, one for each token of the prompt but the first; complete before there is any output.
    /// </summary>
    public List<TokenLogprob> PromptLogprobs { get; } = [];

    /// <summary>Set before <see cref="Output"/> is completed, where the sequence came to its end.</summary>
    public GenerationSummary? Summary { get; private set; }

    public void Start(BlockTable blocks, long timestamp)
    {
        Debug.Assert(Status == SequenceStatus.Waiting);
        Status = SequenceStatus.Running;
        Blocks = blocks;
        Times.Started(timestamp);
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

    public void Fail(EngineException failure)
    {
        Failure = failure;
        Finish(Requests.FinishReason.Error);
    }

    public void Cancel() => Finish(Requests.FinishReason.Cancelled);

    /// <summary>Hands the reader what is new.</summary>
    public void Publish()
    {
        int end = _cause is { TokenId: not null } ? TokenCount - 1 : TokenCount;
        while (_publishedCount < end)
        {
            TokenLogprob? logprob = _logprobs?[_publishedCount - PromptTokenCount];
            _output.Writer.TryWrite(new SampledToken(_tokenIds[_publishedCount++], logprob));
        }

        if (Status == SequenceStatus.Finished)
        {
            Summary = _cause is StopCause cause ? Summarize(cause) : null;
            _output.Writer.TryComplete(Failure);
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
        GeneratedTokenCount = GeneratedTokenCount,
        QueueTime = Times.InQueue,
        PrefillTime = Times.InPrefill,
        DecodeTime = Times.InDecode,
    };
}
