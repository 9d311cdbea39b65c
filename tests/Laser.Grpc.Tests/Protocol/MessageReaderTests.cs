using System.Buffers;
using System.IO.Pipelines;
using Grpc.Core;
using Laser.Grpc.Protocol;

namespace Laser.Grpc.Tests.Protocol;

public sealed class MessageReaderTests
{
    private readonly Pipe _pipe = new();

    [Fact]
    public async Task ReadAsync_ByteByByte_GivesEachMessage()
    {
        MessageReader<byte[]> reader = CreateReader();
        byte[] body = [0, 0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 9];
        Task writing = WriteAsync(body, chunkSize: 1);

        Assert.Equal("010203", await HexOfAsync(reader.ReadAsync(default)));
        Assert.Equal("", await HexOfAsync(reader.ReadAsync(default)));
        Assert.Equal("09", await HexOfAsync(reader.ReadAsync(default)));
        Assert.Null(await reader.ReadAsync(default));
        Assert.Null(await reader.ReadAsync(default));
        await writing;
    }

    [Fact]
    public async Task ReadAsync_TwoMessagesAtOnce_GivesBoth()
    {
        MessageReader<byte[]> reader = CreateReader();
        await WriteAsync([0, 0, 0, 0, 1, 5, 0, 0, 0, 0, 1, 6]);

        Assert.Equal("05", await HexOfAsync(reader.ReadAsync(default)));
        Assert.Equal("06", await HexOfAsync(reader.ReadAsync(default)));
    }

    [Fact]
    public async Task ReadAsync_AtTheLimit_IsTaken()
    {
        MessageReader<byte[]> reader = CreateReader(maxLength: 3);
        await WriteAsync([0, 0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0, 4, 1, 2, 3, 4]);

        Assert.Equal("010203", await HexOfAsync(reader.ReadAsync(default)));
        Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(ReadAsync)).StatusCode);

        async Task ReadAsync() => await reader.ReadAsync(default);
    }

    [Fact]
    public async Task ReadAsync_OverTheLimit_FailsBeforeThePayloadArrives()
    {
        MessageReader<byte[]> reader = CreateReader(maxLength: 3);
        await _pipe.Writer.WriteAsync(new byte[] { 0, 0, 0, 0, 4 });

        var error = await Assert.ThrowsAsync<RpcException>(async () => await reader.ReadAsync(default));

        Assert.Equal("Received a message of 4 bytes; the limit is 3.", error.Status.Detail);
    }

    [Fact]
    public async Task ReadAsync_DeserializerFails_IsInternalWithTheCause()
    {
        var reader = new MessageReader<byte[]>(
            _pipe.Reader, _ => throw new IOException("bad bytes"), maxLength: null, compression: null);
        await WriteAsync([0, 0, 0, 0, 0]);

        var error = await Assert.ThrowsAsync<RpcException>(async () => await reader.ReadAsync(default));

        Assert.Equal(StatusCode.Internal, error.StatusCode);
        Assert.IsType<IOException>(error.Status.DebugException);
    }

    [Fact]
    public async Task ReadSingleAsync_OneMessage_WaitsForTheEnd()
    {
        MessageReader<byte[]> reader = CreateReader();
        await _pipe.Writer.WriteAsync(new byte[] { 0, 0, 0, 0, 1, 5 });

        ValueTask<byte[]?> reading = reader.ReadSingleAsync(default);

        Assert.False(reading.IsCompleted);
        await _pipe.Writer.CompleteAsync();
        Assert.Equal("05", await HexOfAsync(reading));
    }

    [Fact]
    public async Task ReadSingleAsync_Nothing_IsNull()
    {
        MessageReader<byte[]> reader = CreateReader();
        await WriteAsync([]);

        Assert.Null(await reader.ReadSingleAsync(default));
    }

    [Fact]
    public async Task ReadSingleAsync_TrailingByte_IsAnError()
    {
        MessageReader<byte[]> reader = CreateReader();
        await WriteAsync([0, 0, 0, 0, 0, 0]);

        var error = await Assert.ThrowsAsync<RpcException>(async () => await reader.ReadSingleAsync(default));

        Assert.Equal(StatusCode.Internal, error.StatusCode);
    }

    private MessageReader<byte[]> CreateReader(int? maxLength = null) =>
        new(_pipe.Reader, context => context.PayloadAsReadOnlySequence().ToArray(), maxLength, compression: null);

    private static async Task<string> HexOfAsync(ValueTask<byte[]?> reading) => Convert.ToHexString((await reading)!);

    private async Task WriteAsync(byte[] body, int chunkSize = int.MaxValue)
    {
        foreach (byte[] chunk in body.Chunk(chunkSize))
        {
            await _pipe.Writer.WriteAsync(chunk);
        }

        await _pipe.Writer.CompleteAsync();
    }
}
