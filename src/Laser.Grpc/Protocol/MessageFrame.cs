using System.Buffers;
using System.Buffers.Binary;
using Grpc.Core;

namespace Laser.Grpc.Protocol;

/// <summary>
/// The frame of a message: one byte that is 1 where the payload is compressed, the payload's size as a big-endian
/// 32-bit number, the payload.
/// </summary>
internal static class MessageFrame
{
    public const int HeaderSize = 5;

    public static void WriteHeader(Span<byte> header, int payloadLength, bool isCompressed)
    {
        header[0] = isCompressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32BigEndian(header[1..], payloadLength);
    }

    /// <summary>Cuts the first frame out of a buffer; false where it is not there as a whole.</summary>
    /// <param name="buffer">What has arrived; set to what follows the frame.</param>
    /// <param name="maxLength">The largest payload to take, or null.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="isCompressed">Whether it is compressed.</param>
    /// <exception cref="RpcException">The header is wrong, or the payload is larger than allowed.</exception>
    public static bool TryRead(
        ref ReadOnlySequence<byte> buffer, int? maxLength, out ReadOnlySequence<byte> payload, out bool isCompressed)
    {
        payload = default;
        isCompressed = false;
        if (buffer.Length < HeaderSize)
        {
            return false;
        }

        Span<byte> header = stackalloc byte[HeaderSize];
        buffer.Slice(0, HeaderSize).CopyTo(header);
        int length = CheckedLength(header, maxLength);
        if (buffer.Length < HeaderSize + (long)length)
        {
            return false;
        }

        isCompressed = header[0] == 1;
        payload = buffer.Slice(HeaderSize, length);
        buffer = buffer.Slice(payload.End);
        return true;
    }

    private static int CheckedLength(ReadOnlySpan<byte> header, int? maxLength)
    {
        if (header[0] > 1)
        {
            throw ProtocolError.Broken($"a message starts with flag byte {header[0]} instead of 0 or 1");
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        if (length > int.MaxValue)
        {
            throw ProtocolError.Broken($"a message has a size of {length} bytes");
        }

        if (length > maxLength)
        {
            throw ProtocolError.ReceivedTooLarge(length, maxLength.Value);
        }

        return (int)length;
    }
}
