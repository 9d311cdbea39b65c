using Laser.Serve.Compute;
using Laser.Serve.Engine.Speculation;

namespace Laser.Serve.Engine;

/// <summary>Limits of an engine. Each has a default that suits a small model on a small machine.</summary>
public sealed class EngineOptions
{
    private const int ExtraLogitRows = 32;

    /// <summary>
    /// Sequences that run at one time. 1 to 1024. More share one pass over the weights, each gets slower.
    /// </summary>
    public int MaxRunningSequences { get; set; } = 32;

    /// <summary>
    /// Tokens of one step, prompts and generated ones together. 16 to 65536, at least
    /// <see cref="MaxRunningSequences"/>.
    /// </summary>
    public int MaxTokensPerStep { get; set; } = 256;

    /// <summary>
    /// Milliseconds that a step should take at most while sequences decode: the time between two tokens of a stream.
    /// Steps are measured at start, and prompts read in pieces that fit. 0 to 60000; 0 measures nothing, and a step
    /// has up to <see cref="MaxTokensPerStep"/> tokens.
    /// </summary>
    public int TargetStepMilliseconds { get; set; } = 50;

    /// <summary>Requests that may wait; one more is refused at once. 1 to 100000.</summary>
    public int MaxQueuedRequests { get; set; } = 256;

    /// <summary>
    /// Tokens of all prompts that may wait together; a request that would bring more is refused at once, unless nothing
    /// waits. 1 to 1000000000. A place of the queue says little about the time it stands for, this says more: with the
    /// default each of 256 places has 1,024 tokens.
    /// </summary>
    public int MaxQueuedPromptTokens { get; set; } = 262_144;

    /// <summary>
    /// Seconds for which later requests may go ahead of the first in the queue while it does not fit the cache and they
    /// do. 0 to 3600; 0 keeps the order strict.
    /// </summary>
    public int SkipAheadSeconds { get; set; } = 2;

    /// <summary>
    /// What a request must find free before it starts. What it generates does not depend on it.
    /// </summary>
    public AdmissionMode Admission { get; set; }

    /// <summary>
    /// Whether requests with different fairness keys are served alike: among the keys that wait, the one that was served
    /// least is next. Where all have the same key the order is that of priority and time, as without it.
    /// </summary>
    public bool Fairness { get; set; } = true;

    /// <summary>
    /// Longest sequence, prompt and generated tokens together; null takes the model's own limit. 2 or more.
    /// </summary>
    public int? MaxContextLength { get; set; }

    /// <summary>
    /// Memory for the key/value cache, in MiB. 1 to 1,048,576; null takes 256, and of a device with memory of its own nine tenths
    /// of what is left beside the weights and a full step.
    /// </summary>
    public int? KvCacheMebibytes { get; set; }

    /// <summary>
    /// Storage type of the key/value cache, bf16 or fp32. bf16 halves the memory; its rounding adds at most 0.004 to a
    /// value that attention gives.
    /// </summary>
    public DataType CacheType { get; set; } = DataType.BFloat16;

    /// <summary>Token positions per cache block: 16, 32, 64 or 128.</summary>
    public int BlockSize { get; set; } = 32;

    /// <summary>
    /// Whether full blocks of the cache are kept, as long as there is room, for requests that begin with the same
    /// tokens. What such a request generates does not depend on it.
    /// </summary>
    public bool PrefixCache { get; set; } = true;

    /// <summary>
    /// Tokens that are guessed for a sequence in a step, at most, and checked all at once: where the text repeats what
    /// is in it, it takes fewer steps. 0 to 16; 0 guesses none. The tokens are the same. Each takes a row of logits.
    /// </summary>
    public int SpeculativeTokens { get; set; }

    /// <summary>
    /// Tokens that a guess looks for in the text before it, at most: what followed them there is the guess. 2 to 8.
    /// </summary>
    public int SpeculativeNgram { get; set; } = 3;

    /// <summary>
    /// Seconds without a completed step, while requests wait or run, after which whoever watches the engine takes it
    /// for stuck. 0 to 86400; 0 never does. A step takes milliseconds, a few seconds at worst.
    /// </summary>
    public int StallSeconds { get; set; } = 30;

    /// <summary>
    /// Tries of whoever watches the engine to load the model again when its device is lost, and losses within ten minutes
    /// that this is done for. 0 to 100; 0 does not.
    /// </summary>
    public int RecoveryAttempts { get; set; } = 5;

    /// <summary>
    /// Rows of a step that get logits, at most. One for every sequence and for each of its guesses, and some more, by
    /// which a prompt advances whose log-probabilities are asked for. Each row takes memory for the whole vocabulary,
    /// twice.
    /// </summary>
    internal int MaxLogitRows =>
        Math.Min(MaxTokensPerStep, (MaxRunningSequences * (1 + SpeculativeTokens)) + ExtraLogitRows);

    /// <summary>What is wrong with these options, a sentence each; empty if nothing is.</summary>
    public IReadOnlyList<string> FindErrors()
    {
        List<string> errors = [];
        CheckRange(errors, nameof(MaxRunningSequences), MaxRunningSequences, 1, 1024);
        CheckRange(errors, nameof(MaxTokensPerStep), MaxTokensPerStep, 16, 65536);
        CheckRange(errors, nameof(TargetStepMilliseconds), TargetStepMilliseconds, 0, 60_000);
        CheckRange(errors, nameof(MaxQueuedRequests), MaxQueuedRequests, 1, 100_000);
        CheckRange(errors, nameof(MaxQueuedPromptTokens), MaxQueuedPromptTokens, 1, 1_000_000_000);
        CheckRange(errors, nameof(SkipAheadSeconds), SkipAheadSeconds, 0, 3600);
        if (KvCacheMebibytes is int mebibytes)
        {
            CheckRange(errors, nameof(KvCacheMebibytes), mebibytes, 1, 1_048_576);
        }

        CheckRange(errors, nameof(SpeculativeTokens), SpeculativeTokens, 0, 16);
        CheckRange(errors, nameof(SpeculativeNgram), SpeculativeNgram, NgramIndex.Shortest, 8);
        CheckRange(errors, nameof(StallSeconds), StallSeconds, 0, 86_400);
        CheckRange(errors, nameof(RecoveryAttempts), RecoveryAttempts, 0, 100);
        if (MaxContextLength is int contextLength)
        {
            CheckRange(errors, nameof(MaxContextLength), contextLength, 2, int.MaxValue);
        }

        if (!Enum.IsDefined(Admission))
        {
            errors.Add($"{nameof(Admission)} is {Admission}; it must be Reserve or Optimistic.");
        }

        if (BlockSize is not (16 or 32 or 64 or 128))
        {
            errors.Add($"{nameof(BlockSize)} is {BlockSize}; it must be 16, 32, 64 or 128.");
        }

        if (MaxTokensPerStep < MaxRunningSequences)
        {
            errors.Add($"{nameof(MaxTokensPerStep)} is {MaxTokensPerStep}; it must be at least"
                + $" {nameof(MaxRunningSequences)} ({MaxRunningSequences}),"
                + " so that every running sequence gets a token in every step.");
        }

        return errors;
    }

    private static void CheckRange(List<string> errors, string name, int value, int least, int most)
    {
        if (value < least || value > most)
        {
            errors.Add($"{name} is {value}; it must be {least} to {most}.");
        }
    }
}
