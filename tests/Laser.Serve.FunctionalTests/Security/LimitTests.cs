using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;

namespace Laser.Serve.FunctionalTests.Security;

public class LimitTests
{
    private const byte SettingsFrame = 4;
    private const byte PingFrame = 6;
    private const byte GoAwayFrame = 7;
    private const ushort MaxConcurrentStreams = 3;
    private const ushort MaxHeaderListSize = 6;

    [Fact]
    public async Task Message_TooLarge_IsResourceExhausted()
    {
        await using SecuredServer server = await SecuredServer.StartAsync("--Laser:Limits:MaxMessageBytes", "2048");
        using var channel = new TestChannel(server.GrpcAddress);

        RpcException e = await Assert.ThrowsAsync<RpcException>(async () =>
            await channel.Generation.GenerateOnceAsync(RunningServer.Request(new string('a', 3000), 1)));

        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);
        Assert.Contains("2048", e.Status.Detail);
    }

    [Fact]
    public async Task Body_TooLarge_Is413()
    {
        await using SecuredServer server = SecuredServer.Build("--Laser:Limits:MaxMessageBytes", "2048");
        server.App.MapPost("/length", async (Stream body) =>
        {
            using var reader = new StreamReader(body);
            return (await reader.ReadToEndAsync()).Length;
        });
        await server.App.StartAsync();
        using var http = new HttpClient();

        Assert.Equal(HttpStatusCode.OK, await PostAsync(2048));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await PostAsync(2049));

        async Task<HttpStatusCode> PostAsync(int length)
        {
            using var content = new StringContent(new string('a', length));
            using HttpResponseMessage response = await http.PostAsync(new Uri(server.HttpAddress, "/length"), content);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task Metadata_TooLarge_IsRefusedAndTheServerGoesOn()
    {
        await using SecuredServer server = await SecuredServer.StartAsync("--Laser:Limits:MaxMetadataBytes", "8192");
        using var channel = new TestChannel(server.GrpcAddress);

        Assert.Equal(StatusCode.OK, await channel.CallAsync(new Metadata { { "x-note", new string('a', 4000) } }));
        StatusCode refused = await channel.CallAsync(new Metadata { { "x-note", new string('a', 9000) } });
        Assert.NotEqual(StatusCode.OK, refused);
        Assert.Equal(StatusCode.OK, await channel.CallAsync());
    }

    [Fact]
    public async Task Settings_OfTheConnection_TellTheLimits()
    {
        await using SecuredServer server = await SecuredServer.StartAsync(
            "--Laser:Limits:MaxStreamsPerConnection", "77", "--Laser:Limits:MaxMetadataBytes", "12345");
        using RawConnection connection = await RawConnection.OpenAsync(server.GrpcAddress);

        byte[] settings = (await connection.ReadAsync(SettingsFrame))!;

        Assert.Equal(77u, Setting(settings, MaxConcurrentStreams));
        Assert.Equal(12345u, Setting(settings, MaxHeaderListSize));
    }

    [Fact]
    public async Task Connections_OneTooMany_IsClosedAndOtherPortsGoOn()
    {
        await using SecuredServer server = await SecuredServer.StartAsync("--Laser:Limits:MaxConnections", "1");
        using var first = new TestChannel(server.GrpcAddress);
        using var second = new TestChannel(server.GrpcAddress);
        Assert.Equal(StatusCode.OK, await first.CallAsync());

        Assert.True(await second.IsRefusedAsync());
        Assert.Equal(StatusCode.OK, await first.CallAsync());
        RawRequest.HttpAnswer health =
            await RawRequest.HttpAsync(HttpMethod.Get, new Uri(server.HttpAddress, "/healthz"));
        Assert.Equal(HttpStatusCode.OK, health.Status);
    }

    [Fact]
    public async Task Client_ThatAnswersNoPing_IsCut()
    {
        await using SecuredServer server = await SecuredServer.StartAsync(
            "--Laser:Limits:KeepAlivePingDelaySeconds", "1", "--Laser:Limits:KeepAlivePingTimeoutSeconds", "1");
        using RawConnection connection = await RawConnection.OpenAsync(server.GrpcAddress);

        Assert.NotNull(await connection.ReadAsync(PingFrame));
        await connection.ReadAsync(GoAwayFrame);
        Assert.Null(await connection.ReadAsync(PingFrame)); // the end of the connection
    }

    [Theory]
    [InlineData("Limits:MaxMessageBytes", "1023", "1024 to 1073741824")]
    [InlineData("Limits:MaxMetadataBytes", "1048577", "4096 to 1048576")]
    [InlineData("Limits:MaxStreamsPerConnection", "0", "1 to 65536")]
    [InlineData("Limits:MaxConnections", "-1", "0 to 1000000")]
    [InlineData("Limits:KeepAlivePingDelaySeconds", "-1", "0 to 86400")]
    [InlineData("Limits:KeepAlivePingTimeoutSeconds", "0", "1 to 3600")]
    [InlineData("Grpc:MaxConnectionAgeSeconds", "86401", "0 to 86400")]
    [InlineData("Grpc:MaxConnectionAgeGraceSeconds", "-5", "0 to 86400")]
    public void Build_OutOfRange_IsRefusedNamingSettingAndRange(string setting, string value, string range)
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => SecuredServer.Build($"--Laser:{setting}={value}"));

        Assert.Equal($"Laser:{setting} is {value}; it must be {range}.", e.Message);
    }

    [Theory]
    [InlineData("MaxMessageBytes", "1073741824")]
    [InlineData("MaxMetadataBytes", "1048576")]
    [InlineData("MaxMetadataBytes", "4096")]
    [InlineData("MaxStreamsPerConnection", "65536")]
    [InlineData("MaxConnections", "1000000")]
    [InlineData("KeepAlivePingDelaySeconds", "0")]
    [InlineData("KeepAlivePingDelaySeconds", "86400")]
    [InlineData("KeepAlivePingTimeoutSeconds", "3600")]
    public async Task Start_EndOfARange_Serves(string setting, string value)
    {
        await using SecuredServer server = await SecuredServer.StartAsync($"--Laser:Limits:{setting}={value}");
        using var channel = new TestChannel(server.GrpcAddress);

        Assert.Equal(StatusCode.OK, await channel.CallAsync());
    }

    private static uint? Setting(byte[] settings, ushort id)
    {
        for (int i = 0; i < settings.Length; i += 6)
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(settings.AsSpan(i)) == id)
            {
                return BinaryPrimitives.ReadUInt32BigEndian(settings.AsSpan(i + 2));
            }
        }

        return null;
    }

    /// <summary>An HTTP/2 connection that answers nothing.</summary>
    private sealed class RawConnection(TcpClient tcp) : IDisposable
    {
        private const int FrameHeaderLength = 9;

        public static async Task<RawConnection> OpenAsync(Uri address)
        {
            var tcp = new TcpClient();
            await tcp.ConnectAsync(IPAddress.Parse(address.Host), address.Port);
            byte[] emptySettings = [0, 0, 0, SettingsFrame, 0, 0, 0, 0, 0];
            await tcp.GetStream().WriteAsync((byte[])[.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. emptySettings]);
            return new RawConnection(tcp);
        }

        /// <summary>Payload of the next frame of a type; null where the connection ends before.</summary>
        public async Task<byte[]?> ReadAsync(byte type)
        {
            try
            {
                while (true)
                {
                    byte[] header = new byte[FrameHeaderLength];
                    await tcp.GetStream().ReadExactlyAsync(header);
                    byte[] payload = new byte[(header[0] << 16) | (header[1] << 8) | header[2]];
                    await tcp.GetStream().ReadExactlyAsync(payload);
                    if (header[3] == type)
                    {
                        return payload;
                    }
                }
            }
            catch (IOException)
            {
                return null;
            }
        }

        public void Dispose() => tcp.Dispose();
    }
}
