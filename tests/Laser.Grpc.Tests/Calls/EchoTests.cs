using Google.Protobuf;
using Grpc.Core;
using Laser.Grpc.Tests.Hosting;
using Laser.Grpc.Tests.V1;

namespace Laser.Grpc.Tests.Calls;

public sealed class EchoTests(EchoServer server) : IClassFixture<EchoServer>
{
    [Fact]
    public async Task UnaryAsync_Message_ComesBack()
    {
        using var call = server.Client.UnaryAsync(new EchoMessage { Text = "hello", Count = 7 });

        EchoMessage reply = await call;

        Assert.Equal(new EchoMessage { Text = "hello", Count = 7 }, reply);
        Assert.Equal(Status.DefaultSuccess, call.GetStatus());
        Assert.Empty(call.GetTrailers());
    }

    [Fact]
    public void Unary_Blocking_ComesBack() =>
        Assert.Equal("hello", server.Client.Unary(new EchoMessage { Text = "hello" }).Text);

    [Fact]
    public async Task UnaryAsync_EmptyMessage_ComesBack() =>
        Assert.Equal(new EchoMessage(), await server.Client.UnaryAsync(new EchoMessage()));

    [Fact]
    public async Task UnaryAsync_FourMegabytes_ComeBack()
    {
        byte[] payload = new byte[4_000_000];
        new Random(1).NextBytes(payload);

        EchoMessage reply = await server.Client.UnaryAsync(new EchoMessage { Payload = ByteString.CopyFrom(payload) });

        Assert.Equal(payload, reply.Payload.ToByteArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    public async Task ServerStream_Count_GivesAsMany(int count)
    {
        using var call = server.Client.ServerStream(new EchoMessage { Text = "again", Count = (uint)count });

        List<EchoMessage> replies = await call.ResponseStream.ReadAllAsync().ToListAsync();

        Assert.Equal(count, replies.Count);
        Assert.All(replies, reply => Assert.Equal("again", reply.Text));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.False(await call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task ServerStream_LargeMessages_ComeWhole()
    {
        byte[] payload = new byte[1_000_000];
        new Random(2).NextBytes(payload);
        var request = new EchoMessage { Payload = ByteString.CopyFrom(payload), Count = 20 };
        using var call = server.Client.ServerStream(request);

        int count = 0;
        await foreach (EchoMessage reply in call.ResponseStream.ReadAllAsync())
        {
            Assert.True(reply.Payload.Span.SequenceEqual(payload));
            count++;
        }

        Assert.Equal(20, count);
    }

    [Fact]
    public async Task ClientStream_Messages_AreJoined()
    {
        using var call = server.Client.ClientStream();
        for (uint i = 1; i <= 3; i++)
        {
            await call.RequestStream.WriteAsync(new EchoMessage { Text = $"t{i}", Count = i });
        }

        await call.RequestStream.CompleteAsync();

        Assert.Equal(new EchoMessage { Text = "t1,t2,t3", Count = 6 }, await call);
    }

    [Fact]
    public async Task ClientStream_NoMessage_StillAnswers()
    {
        using var call = server.Client.ClientStream();

        await call.RequestStream.CompleteAsync();

        Assert.Equal(new EchoMessage(), await call);
    }

    [Fact]
    public async Task ClientStream_FortyMegabytes_AreTaken()
    {
        // More than the 30 MB that Kestrel takes of a request by default.
        var message = new EchoMessage { Payload = ByteString.CopyFrom(new byte[1_000_000]), Count = 1 };
        using var call = server.Client.ClientStream();
        for (int i = 0; i < 40; i++)
        {
            await call.RequestStream.WriteAsync(message);
        }

        await call.RequestStream.CompleteAsync();

        Assert.Equal(40u, (await call).Count);
    }

    [Fact]
    public async Task Duplex_PingPong_IsIncremental()
    {
        using var call = server.Client.Duplex();
        for (int i = 0; i < 10; i++)
        {
            await call.RequestStream.WriteAsync(new EchoMessage { Text = $"ping {i}" });
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal($"ping {i}", call.ResponseStream.Current.Text);
        }

        await call.RequestStream.CompleteAsync();

        Assert.False(await call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Duplex_BufferHint_MessagesArriveByTheEnd()
    {
        using var call = server.Client.Duplex();
        call.RequestStream.WriteOptions = new WriteOptions(WriteFlags.BufferHint);
        for (int i = 0; i < 10; i++)
        {
            await call.RequestStream.WriteAsync(new EchoMessage { Text = "buffered" });
        }

        await call.RequestStream.CompleteAsync();

        Assert.Equal(10, (await call.ResponseStream.ReadAllAsync().ToListAsync()).Count);
    }

    [Fact]
    public async Task Duplex_EndedByTheServer_RefusesFurtherRequests()
    {
        using var call = server.Client.Duplex();
        await call.RequestStream.WriteAsync(new EchoMessage());

        Assert.False(await call.ResponseStream.MoveNext());

        var error = await Assert.ThrowsAsync<RpcException>(
            () => call.RequestStream.WriteAsync(new EchoMessage { Text = "more" }));
        Assert.Equal(StatusCode.OK, error.StatusCode);
    }

    [Fact]
    public async Task UnaryAsync_HundredAtOnce_AllComeBack()
    {
        EchoMessage[] replies = await Task.WhenAll(Enumerable.Range(0, 100)
            .Select(async i => await server.Client.UnaryAsync(new EchoMessage { Count = (uint)i })));

        Assert.Equal(Enumerable.Range(0, 100), replies.Select(reply => (int)reply.Count));
    }

    [Fact]
    public async Task Duplex_HundredAtOnce_AllComeBack()
    {
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            using var call = server.Client.Duplex();
            for (int j = 0; j < 20; j++)
            {
                await call.RequestStream.WriteAsync(new EchoMessage { Text = $"{i} {j}" });
                Assert.True(await call.ResponseStream.MoveNext());
                Assert.Equal($"{i} {j}", call.ResponseStream.Current.Text);
            }

            await call.RequestStream.CompleteAsync();
            Assert.False(await call.ResponseStream.MoveNext());
        }));
    }
}
