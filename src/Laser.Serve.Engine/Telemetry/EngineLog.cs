using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sequences;
using Microsoft.Extensions.Logging;

namespace Laser.Serve.Engine.Telemetry;

/// <summary>What the engine logs.</summary>
internal static partial class EngineLog
{
    public static void EngineStarted(ILogger logger, EngineLimits limits) => EngineStarted(
        logger,
        limits.MaxRunningSequences,
        limits.MaxTokensPerStep,
        limits.MaxQueuedRequests,
        limits.MaxSequenceLength,
        limits.CacheLayout.BlockCount,
        limits.CacheLayout.BlockSize);

    public static void RequestFinished(ILogger logger, SequenceGroup group)
    {
        string id = group.Request.Id;
        int promptTokens = group.First.PromptTokenCount;
        if (group.Failure is EngineException failure)
        {
            RequestFailed(logger, failure.Error, id, promptTokens, group.GeneratedTokenCount, failure);
        }
        else if (group.FinishReason is FinishReason reason)
        {
            RequestFinished(
                logger,
                id,
                reason,
                promptTokens,
                group.CachedTokenCount,
                group.GeneratedTokenCount,
                group.PreemptionCount);
        }
    }

    [LoggerMessage(4, LogLevel.Critical, "The engine ended by an error of its own")]
    public static partial void EngineFailed(ILogger logger, Exception exception);

    [LoggerMessage(1, LogLevel.Information,
        "Engine started: {MaxRunningSequences} sequences at a time, {MaxTokensPerStep} tokens a step,"
        + " queue of {MaxQueuedRequests}, up to {MaxSequenceLength} tokens a sequence,"
        + " cache of {BlockCount} blocks of {BlockSize} tokens")]
    private static partial void EngineStarted(
        ILogger logger,
        int maxRunningSequences,
        int maxTokensPerStep,
        int maxQueuedRequests,
        int maxSequenceLength,
        int blockCount,
        int blockSize);

    [LoggerMessage(2, LogLevel.Debug,
        "Request {RequestId} finished: {FinishReason}, {PromptTokens} prompt ({CachedTokens} cached) and"
        + " {GeneratedTokens} generated tokens, {Preemptions} preemptions")]
    private static partial void RequestFinished(
        ILogger logger,
        string requestId,
        FinishReason finishReason,
        int promptTokens,
        int cachedTokens,
        int generatedTokens,
        int preemptions);

    [LoggerMessage(3, LogLevel.Warning,
        "Request {RequestId} failed: {Error}, {PromptTokens} prompt and {GeneratedTokens} generated tokens")]
    private static partial void RequestFailed(
        ILogger logger,
        EngineError error,
        string requestId,
        int promptTokens,
        int generatedTokens,
        Exception exception);
}
