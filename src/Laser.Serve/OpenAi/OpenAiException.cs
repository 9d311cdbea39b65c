namespace Laser.Serve.OpenAi;

/// <summary>A request that cannot be answered: its HTTP status and the error the caller sees.</summary>
/// <param name="status">HTTP status, 400 to 599.</param>
/// <param name="error">What the caller sees.</param>
/// <param name="retryAfter">When the same request may succeed; null if that is not known.</param>
internal sealed class OpenAiException(int status, OpenAiError error, TimeSpan? retryAfter = null)
    : Exception(error.Message)
{
    public int Status { get; } = status;

    public OpenAiError Error { get; } = error;

    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>A parameter, or the body as a whole, is wrong.</summary>
    /// <param name="parameter">The caller's name of it; null for the body.</param>
    /// <param name="code">Stable word for programs.</param>
    /// <param name="message">A sentence for people.</param>
    public static OpenAiException BadRequest(string? parameter, string code, string message) =>
        Refuse(StatusCodes.Status400BadRequest, parameter, code, message);

    /// <summary>Wrong in another way than <see cref="BadRequest"/>: its own status, the same type.</summary>
    public static OpenAiException Refuse(int status, string? parameter, string code, string message) =>
        new(status, new OpenAiError(message, OpenAiError.InvalidRequest, parameter, code));
}
