using Grpc.Core;
using Laser.Grpc.Tests.Hosting;
using Laser.Grpc.Tests.V1;

namespace Laser.Grpc.Tests.Calls;

public sealed class MetadataCallTests(EchoServer server) : IClassFixture<EchoServer>
{
    [Fact]
    public async Task EchoMetadata_TextAndBytes_ComeBackInHeadersAndTrailers()
    {
        byte[] bytes = [0, 1, 2, 253, 254, 255, 44];
        var sent = new Metadata
        {
            { "x-text", "some text, with a comma" },
            { "x-data-bin", bytes },
        };
        using var call = server.Client.EchoMetadataAsync(new EchoMessage(), sent);

        await call;
        Metadata headers = await call.ResponseHeadersAsync;
        Metadata trailers = call.GetTrailers();

        Assert.Equal("some text, with a comma", headers.GetValue("h-x-text"));
        Assert.Equal(bytes, headers.GetValueBytes("h-x-data-bin"));
        Assert.Equal("some text, with a comma", trailers.GetValue("t-x-text"));
        Assert.Equal(bytes, trailers.GetValueBytes("t-x-data-bin"));
    }

    [OwnLayerFact("The packages lose empty values.")]
    public async Task EchoMetadata_EmptyBytes_ComeBack()
    {
        using var call = server.Client.EchoMetadataAsync(new EchoMessage(), new Metadata { { "x-empty-bin", [] } });

        await call;

        Assert.Empty((await call.ResponseHeadersAsync).GetValueBytes("h-x-empty-bin")!);
    }

    [OwnLayerFact("HTTP joins repeated keys, and the packages take joined binary values for one.")]
    public async Task EchoMetadata_RepeatedKeys_ComeBackInOrder()
    {
        var sent = new Metadata { { "x-data-bin", [1] }, { "x-data-bin", [2, 2] }, { "x-data-bin", [3, 3, 3] } };
        using var call = server.Client.EchoMetadataAsync(new EchoMessage(), sent);

        await call;

        Assert.Equal(
            [[1], [2, 2], [3, 3, 3]],
            call.GetTrailers().GetAll("t-x-data-bin").Select(entry => entry.ValueBytes));
    }

    [Fact]
    public async Task EchoMetadata_MoreThanTheServerTakes_IsRefusedAndTheConnectionGoesOn()
    {
        await server.Client.EchoMetadataAsync(new EchoMessage(), Large(20_000));

        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await server.Client.EchoMetadataAsync(new EchoMessage(), Large(40_000)));

        Assert.Equal(StatusCode.Internal, error.StatusCode);
        Assert.Contains("32768", error.Status.Detail, StringComparison.Ordinal);
        await server.Client.UnaryAsync(new EchoMessage());
    }

    [Fact]
    public async Task EchoMetadata_ProtocolHeaders_AreNotShown()
    {
        using var call = server.Client.EchoMetadataAsync(new EchoMessage(), deadline: DateTime.UtcNow.AddMinutes(1));

        await call;

        Assert.DoesNotContain(
            await call.ResponseHeadersAsync, entry => entry.Key.StartsWith("grpc-", StringComparison.Ordinal));
        Assert.Empty(call.GetTrailers());
    }

    [Fact]
    public async Task EchoMetadata_Context_NamesMethodHostAndPeer()
    {
        EchoMessage reply = await server.Client.EchoMetadataAsync(new EchoMessage());

        Assert.StartsWith(
            $"/laser.grpc.tests.Echo/EchoMetadata {server.Address.Authority} ipv4:127.0.0.1:",
            reply.Text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wait_Headers_ArriveBeforeTheFirstMessage()
    {
        CallProbe probe = server.Probes["early headers"];
        using var call = server.Client.Wait(new WaitRequest { Id = "early headers" });

        Metadata headers = await call.ResponseHeadersAsync;

        Assert.DoesNotContain(headers, entry => entry.Key.StartsWith("grpc-", StringComparison.Ordinal));
        Assert.False(probe.Finished.Task.IsCompleted);
        probe.Released.SetResult();
        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal("late", call.ResponseStream.Current.Text);
        Assert.False(await call.ResponseStream.MoveNext());
    }

    [OwnLayerTheory("The packages send it or leave it out.")]
    [InlineData("grpc-timeout", "1S")]
    [InlineData("x-text", "line\nbreak")]
    [InlineData("x-text", "\u00fcber")]
    public void UnaryAsync_UnsendableMetadata_IsRefused(string key, string value) =>
        Assert.Throws<ArgumentException>(
            () => server.Client.UnaryAsync(new EchoMessage(), new Metadata { { key, value } }));

    private static Metadata Large(int size) => new() { { "x-large", new string('a', size) } };
}
