using System.Buffers;

namespace Grpc.Core;

/// <summary>Takes the bytes of one message from its serializer.</summary>
public abstract class SerializationContext
{
    /// <summary>Hands over the whole message.</summary>
    /// <param name="payload">Its bytes.</param>
    public virtual void Complete(byte[] payload) => throw new NotSupportedException();

    /// <summary>The place to write the message to; finish with <see cref="Complete()"/>.</summary>
    public virtual IBufferWriter<byte> GetBufferWriter() => throw new NotSupportedException();

    /// <summary>Tells the size before writing, so that the buffer fits.</summary>
    /// <param name="payloadLength">The exact size in bytes.</param>
    public virtual void SetPayloadLength(int payloadLength)
    {
    }

    /// <summary>Ends a message written to <see cref="GetBufferWriter"/>.</summary>
    public virtual void Complete() => throw new NotSupportedException();
}
