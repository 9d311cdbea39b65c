using Laser.Serve.Compute.Attention;
using Laser.Serve.Engine.Execution;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sampling;

namespace Laser.Serve.Engine;

/// <summary>What an engine can take: its options, checked against the model it runs.</summary>
internal sealed record EngineLimits
{
    public required int MaxRunningSequences { get; init; }

    public required int MaxTokensPerStep { get; init; }

    /// <summary>Time that a step should take at most while sequences decode; zero for no such wish.</summary>
    public TimeSpan TargetStep { get; init; }

    /// <summary>Rows of a step that get logits; at least one for every sequence.</summary>
    public required int MaxLogitRows { get; init; }

    public required int MaxQueuedRequests { get; init; }

    /// <summary>Tokens of all prompts that wait, unless there is only one.</summary>
    public required int MaxQueuedPromptTokens { get; init; }

    /// <summary>How long others may go ahead of the first in the queue while it does not fit.</summary>
    public required TimeSpan SkipAhead { get; init; }

    /// <summary>What a request must find free.</summary>
    public required AdmissionMode Admission { get; init; }

    /// <summary>Whether keys are served alike.</summary>
    public required bool Fairness { get; init; }

    /// <summary>Tokens a sequence can have: what the context and what the whole cache can hold.</summary>
    public required int MaxSequenceLength { get; init; }

    /// <summary>Whether requests may use cached prefixes.</summary>
    public required bool PrefixCache { get; init; }

    /// <summary>Tokens guessed for a sequence in a step, at most.</summary>
    public int SpeculativeTokens { get; init; }

    /// <summary>Tokens that a guess looks for in the text, at most.</summary>
    public int SpeculativeNgram { get; init; } = 3;

    public required int VocabularySize { get; init; }

    public required KvCacheLayout CacheLayout { get; init; }

    /// <summary>The limits of a model under some options.</summary>
    /// <exception cref="ArgumentException">
    /// An option is wrong in itself, or the model's runner was not made for it.
    /// </exception>
    public static EngineLimits From(EngineOptions options, IModelRunner runner)
    {
        List<string> errors = [.. options.FindErrors()];
        KvCacheLayout layout = runner.CacheLayout;
        if (options.MaxRunningSequences > layout.OpenSlotCount)
        {
            errors.Add($"MaxRunningSequences is {options.MaxRunningSequences};"
                + $" the cache has {layout.OpenSlotCount} open slots.");
        }

        if (options.MaxContextLength > runner.MaxContextLength)
        {
            errors.Add($"MaxContextLength is {options.MaxContextLength};"
                + $" the model has {runner.MaxContextLength} positions.");
        }

        long logits = (long)options.MaxLogitRows * runner.VocabularySize;
        if (logits > Array.MaxLength)
        {
            errors.Add($"MaxRunningSequences is {options.MaxRunningSequences}, with {options.SpeculativeTokens} SpeculativeTokens,"
                + $" which makes {options.MaxLogitRows} rows"
                + $" of logits; with a vocabulary of {runner.VocabularySize} they do not fit one buffer.");
        }

        if (errors.Count > 0)
        {
            throw new ArgumentException(string.Join(' ', errors), nameof(options));
        }

        int contextLength = options.MaxContextLength ?? runner.MaxContextLength;
        return new EngineLimits
        {
            MaxRunningSequences = options.MaxRunningSequences,
            MaxTokensPerStep = options.MaxTokensPerStep,
            TargetStep = TimeSpan.FromMilliseconds(options.TargetStepMilliseconds),
            MaxLogitRows = options.MaxLogitRows,
            MaxQueuedRequests = options.MaxQueuedRequests,
            MaxQueuedPromptTokens = options.MaxQueuedPromptTokens,
            SkipAhead = TimeSpan.FromSeconds(options.SkipAheadSeconds),
            Admission = options.Admission,
            Fairness = options.Fairness,
            MaxSequenceLength = (int)Math.Min(contextLength, layout.TokenCapacity),
            PrefixCache = options.PrefixCache,
            SpeculativeTokens = options.SpeculativeTokens,
            SpeculativeNgram = options.SpeculativeNgram,
            VocabularySize = runner.VocabularySize,
            CacheLayout = layout,
        };
    }

    /// <summary>Refuses what its maker should have refused: it would harm the others on the engine thread.</summary>
    /// <exception cref="ArgumentException">Prompt, token count or sampling parameters are out of range.</exception>
    public void ThrowIfMalformed(GenerationRequest request)
    {
        if (request.PromptTokenIds.Count == 0)
        {
            throw new ArgumentException("The prompt is empty.", nameof(request));
        }

        foreach (int id in request.PromptTokenIds)
        {
            if (id < 0 || id >= VocabularySize)
            {
                throw new ArgumentException($"Prompt token {id} is not below {VocabularySize}.", nameof(request));
            }
        }

        if ((RequestRanges.FindError(request) ?? SamplingRanges.FindError(request, VocabularySize)) is string error)
        {
            throw new ArgumentException(error, nameof(request));
        }
    }

    /// <summary>Why a request can never be served, or null if it can.</summary>
    public string? WhyTooLong(GenerationRequest request)
    {
        int prompt = request.PromptTokenIds.Count;
        long tokens = (long)prompt + request.MaxTokens;
        if (tokens > MaxSequenceLength)
        {
            return $"A prompt of {prompt} tokens and {request.MaxTokens} to generate make {tokens};"
                + $" the limit is {MaxSequenceLength}.";
        }

        if (request.SequenceCount > MaxRunningSequences)
        {
            return $"{request.SequenceCount} sequences are asked for; {MaxRunningSequences} can run at a time.";
        }

        // Full blocks of the prompt are there once; the last token is never fed back.
        int all = CacheLayout.BlocksFor((int)tokens - 1);
        long blocks = all + ((request.SequenceCount - 1L) * (all - (prompt / CacheLayout.BlockSize)));
        return blocks <= CacheLayout.BlockCount
            ? null
            : $"{request.SequenceCount} sequences of a prompt of {prompt} tokens and {request.MaxTokens} to generate"
                + $" take {blocks} blocks of the cache; it has {CacheLayout.BlockCount}.";
    }
}
