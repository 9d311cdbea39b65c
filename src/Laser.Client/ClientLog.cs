using Grpc.Core;
using Laser.Client.Balancing;
using Microsoft.Extensions.Logging;

namespace Laser.Client;

/// <summary>What the client logs. Never a prompt, never a key.</summary>
internal static partial class ClientLog
{
    [LoggerMessage(1, LogLevel.Debug, "There are {Count} server addresses.")]
    public static partial void AddressesChanged(ILogger logger, int count);

    [LoggerMessage(2, LogLevel.Warning, "{Problem} The {Count} addresses known so far stay.")]
    public static partial void LookUpFailed(ILogger logger, string problem, int count);

    [LoggerMessage(3, LogLevel.Information, "Server {Address} is passed over for {Duration}: {Detail}")]
    public static partial void ServerSkipped(ILogger logger, ServerAddress address, TimeSpan duration, string detail);

    [LoggerMessage(4, LogLevel.Information, "{Method} is tried again, retry {Number}: {Status}, {Detail}")]
    public static partial void Retry(
        ILogger logger, string method, int number, StatusCode status, string detail);

    [LoggerMessage(5, LogLevel.Warning, "The circuit to {Address} opens for {Duration}.")]
    public static partial void CircuitOpened(ILogger logger, ServerAddress address, TimeSpan duration);

    [LoggerMessage(6, LogLevel.Information, "The circuit to {Address} is closed again.")]
    public static partial void CircuitClosed(ILogger logger, ServerAddress address);

    [LoggerMessage(7, LogLevel.Information, "A stream broke after {Tokens} tokens and goes on elsewhere: {Detail}")]
    public static partial void StreamResumed(ILogger logger, int tokens, string detail);
}
