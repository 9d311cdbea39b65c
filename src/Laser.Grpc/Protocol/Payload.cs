using System.Buffers;
using Grpc.Core;

namespace Laser.Grpc.Protocol;

/// <summary>The bytes of one message on their way to the deserializer; reused from message to message.</summary>
internal sealed class Payload : DeserializationContext
{
    private ReadOnlySequence<byte> _bytes;

    public override int PayloadLength => (int)_bytes.Length;

    public override byte[] PayloadAsNewBuffer() => _bytes.ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => _bytes;

    public T Deserialize<T>(ReadOnlySequence<byte> bytes, Func<DeserializationContext, T> deserializer)
    {
        _bytes = bytes;
        try
        {
            return deserializer(this);
        }
        finally
        {
            _bytes = default;
        }
    }
}
