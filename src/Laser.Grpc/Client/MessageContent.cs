using System.Buffers;
using System.Net;
using Grpc.Core;
using Laser.Grpc.Protocol;

namespace Laser.Grpc.Client;

/// <summary>The body of a request with one message.</summary>
internal sealed class MessageContent : HttpContent
{
    private readonly ArrayBufferWriter<byte> _frame = new();

    /// <summary>Serializes the message.</summary>
    /// <exception cref="RpcException">It is larger than allowed.</exception>
    public void Write<T>(
        Marshaller<T> marshaller, T message, int? maxLength, MessageCompression? compression, WriteFlags flags)
    {
        var writer = new MessageWriter(maxLength) { Compression = compression };
        writer.Write(_frame, marshaller.ContextualSerializer, message, flags);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        stream.WriteAsync(_frame.WrittenMemory, cancellationToken).AsTask();

    protected override bool TryComputeLength(out long length)
    {
        length = _frame.WrittenCount;
        return true;
    }
}
