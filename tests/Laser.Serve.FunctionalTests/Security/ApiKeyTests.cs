using System.Net;
using System.Text.Json;
using Grpc.Core;
using Laser.Serve.Security;
using Laser.Serve.V1;
using Microsoft.Extensions.Logging;

namespace Laser.Serve.FunctionalTests.Security;

public sealed class ApiKeyTests : IDisposable
{
    public const string Key = "first-key-0123456789abcdef";
    private const string Second = "second-key-0123456789abcdef";
    private const string Third = "third-key-0123456789abcdef";

    private readonly TestFolder _folder = new();

    [Theory]
    [InlineData("authorization", "Bearer " + Key)]
    [InlineData("authorization", "bearer " + Key)]
    [InlineData("x-api-key", Key)]
    [InlineData("x-api-key", Second)]
    [InlineData("x-api-key", Third)]
    public async Task Call_WithAKey_IsLetIn(string header, string value)
    {
        await using SecuredServer server = await StartAsync();
        using var channel = new TestChannel(server.GrpcAddress);

        Assert.Equal(StatusCode.OK, await channel.CallAsync(new Metadata { { header, value } }));
        RawRequest.HttpAnswer metrics = await MetricsAsync(server, (header, value));
        Assert.Equal(HttpStatusCode.OK, metrics.Status);
    }

    [Fact]
    public async Task Call_OtherSchemeBesideAKey_IsLetIn()
    {
        // A proxy in front may have its own credentials.
        await using SecuredServer server = await StartAsync();
        using var channel = new TestChannel(server.GrpcAddress);

        Assert.Equal(
            StatusCode.OK, await channel.CallAsync(new Metadata { { "authorization", "Basic eA==" }, { "x-api-key", Key } }));
    }

    [Theory]
    [InlineData(null, null, "MISSING_API_KEY")]
    [InlineData("authorization", "Basic eA==", "MISSING_API_KEY")]
    [InlineData("authorization", "Bearer " + Key + "x", "INVALID_API_KEY")]
    [InlineData("authorization", "Bearer wrong", "INVALID_API_KEY")]
    [InlineData("x-api-key", "sha256:5d2b", "INVALID_API_KEY")]
    public async Task Call_WithoutAKey_IsUnauthenticatedWithAReason(string? header, string? value, string reason)
    {
        await using SecuredServer server = await StartAsync();
        using var channel = new TestChannel(server.GrpcAddress);
        Metadata metadata = header is null ? [] : new Metadata { { header, value! } };

        RpcException e = await Assert.ThrowsAsync<RpcException>(
            async () => await channel.Models.GetModelAsync(new GetModelRequest(), metadata));

        Assert.Equal(StatusCode.Unauthenticated, e.StatusCode);
        Assert.Equal(reason, TestChannel.Reason(e));
        Assert.Contains("API key", e.Status.Detail);
    }

    [Fact]
    public async Task Stream_WithoutAKey_IsUnauthenticated()
    {
        await using SecuredServer server = await StartAsync();
        using var channel = new TestChannel(server.GrpcAddress);
        using AsyncServerStreamingCall<GenerateResponse> call =
            channel.Generation.Generate(RunningServer.Request("Once", 4));

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default));

        Assert.Equal(StatusCode.Unauthenticated, e.StatusCode);
    }

    [Fact]
    public async Task Refusal_OfGrpc_IsHeadersOnly()
    {
        await using SecuredServer server = await StartAsync();

        RawRequest.GrpcAnswer answer =
            await RawRequest.GrpcAsync(server.GrpcAddress, "/laser.serve.v1.Models/GetModel");

        Assert.Equal(HttpStatusCode.OK, answer.HttpStatus);
        Assert.Equal("application/grpc", answer.ContentType);
        Assert.Equal("16", answer.Status);
        Assert.Equal(0, answer.BodyLength);
    }

    [Theory]
    [InlineData(null, "Bearer", "missing_api_key")]
    [InlineData("wrong-key", "Bearer error=\"invalid_token\"", "invalid_api_key")]
    public async Task Refusal_OfHttp_Is401WithAChallengeAndAnErrorObject(string? key, string challenge, string code)
    {
        await using SecuredServer server = await StartAsync();

        RawRequest.HttpAnswer answer = await MetricsAsync(server, key is null ? [] : [("x-api-key", key)]);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.Status);
        Assert.Equal(challenge, answer.Challenge);
        using JsonDocument body = JsonDocument.Parse(answer.Body);
        Assert.Equal(code, body.RootElement.GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task Metrics_Unprotected_NeedNoKey()
    {
        await using SecuredServer server = await SecuredServer.StartAsync(
            "--Laser:ApiKeys:Keys:0", Key, "--Laser:ApiKeys:ProtectMetrics", "false");

        Assert.Equal(HttpStatusCode.OK, (await MetricsAsync(server)).Status);
    }

    [Fact]
    public async Task KeyFile_Changed_IsReadAgain()
    {
        string path = _folder.Write("keys", $"{Key} ops # on call\n");
        await using SecuredServer server = await SecuredServer.StartAsync("--Laser:ApiKeys:Path", path);
        using var channel = new TestChannel(server.GrpcAddress);
        Assert.Equal(StatusCode.OK, await CallAsync(channel, Key));
        Assert.Equal(StatusCode.Unauthenticated, await CallAsync(channel, Second));

        _folder.Write("keys", $"# rotated\n{ApiKeyHash.Format(Second)}\tci\n");
        server.Clock.Advance(FileReload.Period);

        Assert.Equal(StatusCode.Unauthenticated, await CallAsync(channel, Key));
        Assert.Equal(StatusCode.OK, await CallAsync(channel, Second));
        Assert.Contains(server.Log.AtLeast(LogLevel.Information), e => e.Text.Contains("1 API keys (ci)"));
    }

    [Theory]
    [InlineData("# all gone\n", "holds no key")]
    [InlineData("short\n", "line 1 has 5 characters; it must have at least 16")]
    public async Task KeyFile_Broken_KeepsTheOldKeysAndSaysItOnce(string content, string problem)
    {
        string path = _folder.Write("keys", Key);
        await using SecuredServer server = await SecuredServer.StartAsync("--Laser:ApiKeys:Path", path);
        using var channel = new TestChannel(server.GrpcAddress);

        _folder.Write("keys", content);
        server.Clock.Advance(FileReload.Period);
        server.Clock.Advance(FileReload.Period);

        Assert.Equal(StatusCode.OK, await CallAsync(channel, Key));
        string error = Assert.Single(server.Log.AtLeast(LogLevel.Error)).Text;
        Assert.Contains("Laser:ApiKeys:Path", error);
        Assert.Contains(problem, error);
    }

    [Fact]
    public async Task Keys_InUse_AreInNoLog()
    {
        await using SecuredServer server = await StartAsync();
        using var channel = new TestChannel(server.GrpcAddress);
        await CallAsync(channel, Key);
        await CallAsync(channel, "a-wrong-key-that-somebody-tried");

        Assert.DoesNotContain(
            server.Log.Entries,
            e => e.Text.Contains(Key) || e.Text.Contains(Third) || e.Text.Contains("a-wrong-key"));
    }

    [Theory]
    [InlineData("--Laser:ApiKeys:Keys:0=tooshort", "Laser:ApiKeys:Keys:0 has 8 characters", "tooshort")]
    [InlineData("--Laser:ApiKeys:Keys:0=", "Laser:ApiKeys:Keys:0 has 0 characters", null)]
    [InlineData("--Laser:ApiKeys:Keys:0=a key with spaces in it", "Laser:ApiKeys:Keys:0 has a space", "spaces")]
    [InlineData("--Laser:ApiKeys:Keys:0=sha256:12ab", "Laser:ApiKeys:Keys:0 is no hash", "12ab")]
    [InlineData("--Laser:ApiKeys:Path=no-such-file", "Laser:ApiKeys:Path: ", null)]
    public void Build_WrongKey_IsRefusedByNameWithoutTellingIt(string option, string problem, string? secret)
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => SecuredServer.Build(option));

        Assert.Contains(problem, e.Message);
        Assert.True(secret is null || !e.Message.Contains(secret), e.Message);
    }

    public void Dispose() => _folder.Dispose();

    private static Task<StatusCode> CallAsync(TestChannel channel, string key) =>
        channel.CallAsync(new Metadata { { "x-api-key", key } });

    private static Task<RawRequest.HttpAnswer> MetricsAsync(
        SecuredServer server, params (string Name, string Value)[] headers) =>
        RawRequest.HttpAsync(HttpMethod.Get, new Uri(server.HttpAddress, "/metrics"), null, headers);

    // One key as it is, one hashed, one from the file.
    private Task<SecuredServer> StartAsync() => SecuredServer.StartAsync(
        "--Laser:ApiKeys:Keys:0", Key,
        "--Laser:ApiKeys:Keys:1", ApiKeyHash.Format(Second),
        "--Laser:ApiKeys:Path", _folder.Write("keys", Third));
}
