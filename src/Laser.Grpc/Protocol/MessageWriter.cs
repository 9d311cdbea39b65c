using System.Buffers;
using Grpc.Core;

namespace Laser.Grpc.Protocol;

/// <summary>
/// Writes messages of one direction of a call as frames; reused from message to message. A frame reaches the output as
/// a whole or, where its serializer fails, not at all.
/// </summary>
/// <param name="maxLength">The largest message to send, or null.</param>
internal sealed class MessageWriter(int? maxLength) : SerializationContext, IBufferWriter<byte>
{
    private IBufferWriter<byte>? _output;

    // Where the size is known beforehand, the serializer writes into the output's own memory, behind the header.
    private Memory<byte> _frame;
    private int _position;

    private ArrayBufferWriter<byte>? _unsized;
    private MessageCompression? _compression;
    private bool _isCompleted;

    /// <summary>What <c>grpc-encoding</c> names, or null where nothing is compressed.</summary>
    public MessageCompression? Compression { get; set; }

    private int PayloadLength => _frame.Length - MessageFrame.HeaderSize;

    /// <summary>Serializes a message into the output, which is not flushed.</summary>
    /// <param name="output">Takes the frame.</param>
    /// <param name="serializer">Message to bytes.</param>
    /// <param name="message">The message.</param>
    /// <param name="flags">Of these <see cref="WriteFlags.NoCompress"/> is looked at.</param>
    /// <exception cref="RpcException">The message is larger than allowed.</exception>
    public void Write<T>(
        IBufferWriter<byte> output, Action<T, SerializationContext> serializer, T message, WriteFlags flags = default)
    {
        _output = output;
        _compression = (flags & WriteFlags.NoCompress) == 0 ? Compression : null;
        _isCompleted = false;
        try
        {
            serializer(message, this);
            if (!_isCompleted)
            {
                throw new InvalidOperationException($"The serializer of {typeof(T)} did not complete the message.");
            }
        }
        finally
        {
            _output = null;
            _frame = default;
            _unsized = null;
        }
    }

    public override void SetPayloadLength(int payloadLength)
    {
        ThrowIfTooLarge(payloadLength);
        if (_compression is null)
        {
            Claim(payloadLength);
            _position = MessageFrame.HeaderSize;
        }
    }

    public override IBufferWriter<byte> GetBufferWriter() => _frame.IsEmpty ? _unsized ??= new() : this;

    public override void Complete()
    {
        if (_frame.IsEmpty)
        {
            Complete((_unsized ??= new()).WrittenSpan);
            return;
        }

        if (_position != _frame.Length)
        {
            throw new InvalidOperationException(
                $"The serializer announced {PayloadLength} bytes and wrote {_position - MessageFrame.HeaderSize}.");
        }

        Commit();
    }

    public override void Complete(byte[] payload) => Complete(payload.AsSpan());

    void IBufferWriter<byte>.Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_frame.Length - _position));
        _position += count;
    }

    Memory<byte> IBufferWriter<byte>.GetMemory(int sizeHint)
    {
        Memory<byte> rest = _frame[_position..];
        return rest.Length >= Math.Max(sizeHint, 1) ? rest : throw new InvalidOperationException(
            $"The serializer writes more than the {PayloadLength} bytes it announced.");
    }

    Span<byte> IBufferWriter<byte>.GetSpan(int sizeHint) => ((IBufferWriter<byte>)this).GetMemory(sizeHint).Span;

    private void Complete(ReadOnlySpan<byte> payload)
    {
        ThrowIfTooLarge(payload.Length);
        using MemoryStream? packed = _compression?.Compress(payload);
        if (packed is not null)
        {
            payload = packed.GetBuffer().AsSpan(0, (int)packed.Length);
        }

        Claim(payload.Length);
        payload.CopyTo(_frame.Span[MessageFrame.HeaderSize..]);
        Commit();
    }

    /// <summary>The limit is one of messages, so it is held against what is not compressed.</summary>
    private void ThrowIfTooLarge(int length)
    {
        if (length > maxLength)
        {
            throw ProtocolError.SentTooLarge(length, maxLength.Value);
        }
    }

    private void Claim(int length)
    {
        ObjectDisposedException.ThrowIf(_output is null, this);
        int frameLength = checked(MessageFrame.HeaderSize + length);
        _frame = _output.GetMemory(frameLength)[..frameLength];
    }

    private void Commit()
    {
        MessageFrame.WriteHeader(_frame.Span, PayloadLength, isCompressed: _compression is not null);
        _output!.Advance(_frame.Length);
        _isCompleted = true;
    }
}
