using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Laser.Grpc.AspNetCore;

internal static partial class ServerLog
{
    [LoggerMessage(1, LogLevel.Error, "The handler of {Method} failed.")]
    public static partial void HandlerFailed(ILogger logger, string method, Exception error);

    [LoggerMessage(2, LogLevel.Debug, "{Method} was cancelled by the client.")]
    public static partial void Cancelled(ILogger logger, string method, Exception error);

    [LoggerMessage(3, LogLevel.Debug, "{Method} did not end before its deadline.")]
    public static partial void DeadlineExceeded(ILogger logger, string method);

    [LoggerMessage(4, LogLevel.Debug, "{Method} ended with {Code}: {Detail}")]
    public static partial void EndedWithStatus(
        ILogger logger, string method, StatusCode code, string detail, Exception? error);

    [LoggerMessage(5, LogLevel.Debug, "{Path} was called, which names no known {What}.")]
    public static partial void Unimplemented(ILogger logger, string? path, string what);

    [LoggerMessage(
        6, LogLevel.Warning, "{Method} set the trailer '{Key}', which is reserved or not printable; it was not sent.")]
    public static partial void TrailerLeftOut(ILogger logger, string method, string key);

    [LoggerMessage(7, LogLevel.Debug, "The end of {Method} could not be sent.")]
    public static partial void EndNotSent(ILogger logger, string method, Exception error);
}
