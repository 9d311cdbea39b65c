namespace Laser.Serve.Engine.Requests;

/// <summary>Why a sequence ended.</summary>
public enum FinishReason
{
    /// <summary>An end-of-sequence token, a stop token or a stop string.</summary>
    Stop,

    /// <summary>The token limit of the request or of the model.</summary>
    Length,

    /// <summary>The client went away.</summary>
    Cancelled,

    /// <summary>The request failed; see <see cref="EngineException"/>.</summary>
    Error,
}
