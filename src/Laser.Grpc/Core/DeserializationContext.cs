using System.Buffers;

namespace Grpc.Core;

/// <summary>Gives the bytes of one message to its deserializer.</summary>
public abstract class DeserializationContext
{
    /// <summary>The size in bytes.</summary>
    public abstract int PayloadLength { get; }

    /// <summary>The message in an array of its own.</summary>
    public virtual byte[] PayloadAsNewBuffer() => throw new NotSupportedException();

    /// <summary>The message in the transport's buffers, valid until the deserializer returns.</summary>
    public virtual ReadOnlySequence<byte> PayloadAsReadOnlySequence() => throw new NotSupportedException();
}
