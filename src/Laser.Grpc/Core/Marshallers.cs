using System.Text;

namespace Grpc.Core;

/// <summary>Creates marshallers.</summary>
public static class Marshallers
{
    /// <summary>Text as UTF-8.</summary>
    public static Marshaller<string> StringMarshaller { get; } =
        new(Encoding.UTF8.GetBytes, Encoding.UTF8.GetString);

    /// <summary>Creates a marshaller that works on arrays.</summary>
    /// <typeparam name="T">The message.</typeparam>
    /// <param name="serializer">Message to bytes.</param>
    /// <param name="deserializer">Bytes to message.</param>
    public static Marshaller<T> Create<T>(Func<T, byte[]> serializer, Func<byte[], T> deserializer) =>
        new(serializer, deserializer);

    /// <summary>Creates a marshaller that writes to and reads from the transport's buffers.</summary>
    /// <typeparam name="T">The message.</typeparam>
    /// <param name="serializer">Writes a message and completes the context.</param>
    /// <param name="deserializer">Reads a message.</param>
    public static Marshaller<T> Create<T>(
        Action<T, SerializationContext> serializer, Func<DeserializationContext, T> deserializer) =>
        new(serializer, deserializer);
}
