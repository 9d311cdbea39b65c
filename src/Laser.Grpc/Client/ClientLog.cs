using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Laser.Grpc.Client;

internal static partial class ClientLog
{
    [LoggerMessage(1, LogLevel.Debug, "{Method} ended with {Code}: {Detail}")]
    public static partial void Ended(ILogger logger, string method, StatusCode code, string detail, Exception? error);
}
