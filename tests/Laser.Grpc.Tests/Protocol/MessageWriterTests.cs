using System.Buffers;
using Grpc.Core;
using Laser.Grpc.Protocol;

namespace Laser.Grpc.Tests.Protocol;

public sealed class MessageWriterTests
{
    private static readonly byte[] Payload = [1, 2, 3];
    private static readonly byte[] Frame = [0, 0, 0, 0, 3, 1, 2, 3];

    private readonly ArrayBufferWriter<byte> _output = new();

    public static TheoryData<string> Ways => ["array", "writer", "sized writer"];

    [Theory]
    [MemberData(nameof(Ways))]
    public void Write_EachWayToSerialize_GivesTheFrame(string way)
    {
        var writer = new MessageWriter(maxLength: 3);

        writer.Write(_output, Serializer(way), Payload);
        writer.Write(_output, Serializer(way), Payload);

        Assert.Equal([.. Frame, .. Frame], _output.WrittenSpan);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Write_OverTheLimit_WritesNothing(string way)
    {
        var writer = new MessageWriter(maxLength: 2);

        var error = Assert.Throws<RpcException>(() => writer.Write(_output, Serializer(way), Payload));

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        Assert.Equal(0, _output.WrittenCount);
    }

    [Fact]
    public void Write_SerializerFailsHalfway_WritesNothingAndCanGoOn()
    {
        var writer = new MessageWriter(maxLength: null);

        Assert.Throws<FormatException>(() => writer.Write<byte[]>(_output, FailHalfway, Payload));
        writer.Write(_output, Serializer("sized writer"), Payload);

        Assert.Equal(Frame, _output.WrittenSpan);

        static void FailHalfway(byte[] message, SerializationContext context)
        {
            context.SetPayloadLength(message.Length);
            context.GetBufferWriter().Write(message.AsSpan(0, 1));
            throw new FormatException();
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Write_AnotherLengthThanAnnounced_IsAnError(int announced)
    {
        var writer = new MessageWriter(maxLength: null);

        Assert.Throws<InvalidOperationException>(() => writer.Write<byte[]>(_output, Serialize, Payload));
        Assert.Equal(0, _output.WrittenCount);

        void Serialize(byte[] message, SerializationContext context)
        {
            context.SetPayloadLength(announced);
            context.GetBufferWriter().Write(message);
            context.Complete();
        }
    }

    [Fact]
    public void Write_SerializerDoesNotComplete_IsAnError()
    {
        var writer = new MessageWriter(maxLength: null);

        Assert.Throws<InvalidOperationException>(() => writer.Write<byte[]>(_output, (_, _) => { }, Payload));
    }

    private static Action<byte[], SerializationContext> Serializer(string way) => (message, context) =>
    {
        if (way == "array")
        {
            context.Complete(message);
            return;
        }

        if (way == "sized writer")
        {
            context.SetPayloadLength(message.Length);
        }

        context.GetBufferWriter().Write(message);
        context.Complete();
    };
}
