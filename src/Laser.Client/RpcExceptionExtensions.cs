using Google.Protobuf;
using Grpc.Core;

namespace Laser.Client;

/// <summary>Reads what a server says about a failure.</summary>
public static class RpcExceptionExtensions
{
    private const string DetailsKey = "grpc-status-details-bin";
    internal const string RequestIdKey = "x-request-id";

    /// <summary>
    /// The details that came with the status. They are empty, never null, where the failure is not the server's own, or
    /// where what it sent cannot be read.
    /// </summary>
    /// <param name="exception">The failure.</param>
    public static LaserErrorDetails GetErrorDetails(this RpcException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return new LaserErrorDetails(
            ReadStatus(exception.Trailers.GetValueBytes(DetailsKey)), exception.Trailers.GetValue(RequestIdKey));
    }

    private static Google.Rpc.Status? ReadStatus(byte[]? bytes)
    {
        try
        {
            return bytes is null ? null : Google.Rpc.Status.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
