namespace Laser.Serve.Engine;

/// <summary>Kinds of failure an engine tells apart; the transport maps them in one place.</summary>
public enum EngineError
{
    /// <summary>The queue is full: try again later.</summary>
    Overloaded,

    /// <summary>Prompt and tokens asked for can never fit the context or the cache.</summary>
    PromptTooLong,

    /// <summary>The engine is stopping; nothing of the request was answered yet.</summary>
    Draining,

    /// <summary>The engine stopped, or lost its device, while the request was being answered.</summary>
    Aborted,

    /// <summary>The engine lost its device; nothing of the request was answered yet.</summary>
    DeviceLost,

    /// <summary>Memory for raw value blocks ran out while the request ran.</summary>
    CacheExhausted,

    /// <summary>The model gave numbers that are not finite for this request.</summary>
    NonFinite,

    /// <summary>What the request allows and what it demands leave no token that could come next.</summary>
    NothingAllowed,

    /// <summary>The step that had the request failed.</summary>
    StepFailed,
}
