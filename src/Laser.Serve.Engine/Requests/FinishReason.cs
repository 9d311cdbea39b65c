namespace Laser.Serve.Engine.Requests;

/// <summary>Why a sequence ended.</summary>
public enum FinishReason
{
    /// <summary>An end-of-sequence token, a stop token, a stop string, or the end of what a constraint allows.</summary>
    Stop,

    /// <summary>The token limit of the request or of the model.</summary>
    Length,

    /// <summary>The time limit of the request.</summary>
    TimeLimit,

    /// <summary>The client went away.</summary>
    Cancelled,

    /// <summary>The request failed; see <see cref="EngineException"/>.</summary>
    Error,
}
