using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Scheduling;
using Laser.Serve.Engine.Sequences;
using Microsoft.Extensions.Logging;

namespace Laser.Serve.Engine.Telemetry;

// The trace of a request is a field of its lines and not part of the text; the engine thread has no current activity to take it from.
#pragma warning disable SYSLIB1015

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

    public static void Calibrated(ILogger logger, StepTime? time, EngineLimits limits, int tokensInTarget)
    {
        if (time is StepTime known)
        {
            double target = limits.TargetStep.TotalMilliseconds;
            Calibrated(logger, known.Base * 1e3, known.PerToken * 1e3, tokensInTarget, target);
        }
        else
        {
            NotCalibrated(logger, limits.MaxTokensPerStep);
        }
    }

    public static void RequestFinished(ILogger logger, SequenceGroup group)
    {
        string id = group.Request.Id;
        int promptTokens = group.First.PromptTokenCount;
        if (group.Failure is EngineException failure)
        {
            RequestFailed(logger, failure.Error, id, TraceOf(group), promptTokens, group.GeneratedTokenCount, failure);
        }
        else if (group.FinishReason is FinishReason reason && logger.IsEnabled(LogLevel.Debug))
        {
            RequestFinished(
                logger,
                id,
                TraceOf(group),
                reason,
                promptTokens,
                group.CachedTokenCount,
                group.GeneratedTokenCount,
                group.PreemptionCount);
        }
    }

    private static string? TraceOf(SequenceGroup group) =>
        group.Request.Trace == default ? null : group.Request.Trace.TraceId.ToHexString();

    [LoggerMessage(4, LogLevel.Critical, "The engine ended by an error of its own")]
    public static partial void EngineFailed(ILogger logger, Exception exception);

    [LoggerMessage(5, LogLevel.Error, "The engine ended, because its device was lost")]
    public static partial void DeviceLost(ILogger logger, Exception exception);

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

    [LoggerMessage(30, LogLevel.Information,
        "A step takes {BaseMilliseconds:0.###} ms and {TokenMilliseconds:0.####} ms for each token: {TokenBudget}"
        + " tokens in the {TargetMilliseconds} ms that it should take while sequences decode")]
    private static partial void Calibrated(
        ILogger logger,
        double baseMilliseconds,
        double tokenMilliseconds,
        int tokenBudget,
        double targetMilliseconds);

    [LoggerMessage(31, LogLevel.Warning,
        "The time of a step, as measured, does not grow with its tokens: steps have up to {MaxTokensPerStep} tokens,"
        + " however long that takes")]
    private static partial void NotCalibrated(ILogger logger, int maxTokensPerStep);

    [LoggerMessage(2, LogLevel.Debug,
        "Request {RequestId} finished: {FinishReason}, {PromptTokens} prompt ({CachedTokens} cached) and"
        + " {GeneratedTokens} generated tokens, {Preemptions} preemptions")]
    private static partial void RequestFinished(
        ILogger logger,
        string requestId,
        string? traceId,
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
        string? traceId,
        int promptTokens,
        int generatedTokens,
        Exception exception);
}
