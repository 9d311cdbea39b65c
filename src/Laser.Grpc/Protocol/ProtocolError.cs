using Grpc.Core;

namespace Laser.Grpc.Protocol;

/// <summary>The errors both sides report about messages.</summary>
internal static class ProtocolError
{
    public static RpcException Broken(string what) =>
        new(new Status(StatusCode.Internal, $"The gRPC protocol is violated: {what}."));

    public static RpcException ReceivedTooLarge(long length, int limit) =>
        TooLarge($"Received a message of {length} bytes; the limit is {limit}.");

    public static RpcException DecompressedTooLarge(int limit) =>
        TooLarge($"Received a message of more than {limit} bytes after decompression.");

    public static RpcException SentTooLarge(int length, int limit) =>
        TooLarge($"Cannot send a message of {length} bytes; the limit is {limit}.");

    private static RpcException TooLarge(string detail) => new(new Status(StatusCode.ResourceExhausted, detail));
}
