using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Grpc.Core;

namespace Laser.Grpc.Protocol;

/// <summary>Reads the messages of one direction of a call. One read at a time.</summary>
/// <typeparam name="T">The message.</typeparam>
/// <param name="input">The body of the request or response.</param>
/// <param name="deserializer">Bytes to message.</param>
/// <param name="maxLength">The largest message to take, or null.</param>
/// <param name="compression">What <c>grpc-encoding</c> names, or null.</param>
internal sealed class MessageReader<T>(
    PipeReader input, Func<DeserializationContext, T> deserializer, int? maxLength, MessageCompression? compression)
    where T : class
{
    private readonly Payload _payload = new();

    /// <summary>The next message, or null at the end of the body.</summary>
    /// <exception cref="RpcException">What arrived is no message, or one that is too large.</exception>
    /// <exception cref="IOException">The connection was lost.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<T?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            ReadOnlySequence<byte> buffer = result.Buffer;
            SequencePosition examined = buffer.End;
            try
            {
                if (MessageFrame.TryRead(
                    ref buffer, maxLength, out ReadOnlySequence<byte> payload, out bool isCompressed))
                {
                    examined = buffer.Start;
                    return Deserialize(payload, isCompressed);
                }

                ThrowIfIncomplete(result);
                if (result.IsCompleted)
                {
                    return null;
                }
            }
            finally
            {
                input.AdvanceTo(buffer.Start, examined);
            }
        }
    }

    /// <summary>The only message of the body, which must end after it; null where there is none.</summary>
    /// <exception cref="RpcException">What arrived is not one message, or one that is too large.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<T?> ReadSingleAsync(CancellationToken cancellationToken)
    {
        T? message = await ReadAsync(cancellationToken).ConfigureAwait(false);
        while (message is not null)
        {
            ReadResult result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            bool isEmpty = result.Buffer.IsEmpty;
            input.AdvanceTo(result.Buffer.Start);
            if (!isEmpty)
            {
                throw ProtocolError.Broken("data follows the only message of the call");
            }

            if (result.IsCompleted)
            {
                break;
            }
        }

        return message;
    }

    private static void ThrowIfIncomplete(ReadResult result)
    {
        if (result.IsCanceled)
        {
            throw new OperationCanceledException();
        }

        if (result.IsCompleted && !result.Buffer.IsEmpty)
        {
            throw ProtocolError.Broken("the data ends inside a message");
        }
    }

    private T Deserialize(ReadOnlySequence<byte> payload, bool isCompressed)
    {
        if (isCompressed)
        {
            payload = compression?.Decompress(payload, maxLength) ?? throw ProtocolError.Broken(
                "a message is compressed, but grpc-encoding names no compression known here");
        }

        try
        {
            return _payload.Deserialize(payload, deserializer);
        }
        catch (Exception error)
        {
            // Named here, as protobuf's exceptions are IOExceptions and would pass for a lost connection.
            throw new RpcException(new Status(StatusCode.Internal, "A message cannot be deserialized.", error));
        }
    }
}
