using Grpc.Core;
using Laser.Serve.Engine.Balancing;
using Laser.Serve.V1;
using Microsoft.Extensions.Logging;

namespace Laser.Serve.FunctionalTests.Security;

public class LogTests
{
    private const string Marker = "Rumpelstiltskin";
    private const string Prompt = "Once upon a time " + Marker + " said";

    [Fact]
    public async Task Log_WholeAtTraceLevel_HasNothingOfPromptsAndOutputs()
    {
        await using SecuredServer server = await SecuredServer.StartAsync();
        EngineGroup engine = await server.LoadedAsync();
        using var channel = new TestChannel(server.GrpcAddress);
        GenerateOnceResponse once = await channel.Generation.GenerateOnceAsync(RunningServer.Request(Prompt, 40));
        string output = once.Sequences[0].Text.Trim();
        await CancelAsync(channel);
        await FailAsync(channel, request => request.Prompt = string.Concat(Enumerable.Repeat(Prompt, 2000)));
        await FailAsync(channel, request => request.MaxTokens = 0);
        await FailAsync(channel, request => request.Stop = new StopParams { Strings = { Marker + new string('x', 300) } });
        while (engine.Snapshot.UsedBlockCount > 0)
        {
            await Task.Delay(5);
        }

        Assert.True(output.Length > 40, output);
        Assert.Contains(server.Log.Entries, e => e.Category.StartsWith("Laser.", StringComparison.Ordinal)
            && e.Level <= LogLevel.Debug);
        Assert.DoesNotContain(server.Log.Entries, e => e.Text.Contains(Marker, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(server.Log.Entries, e => e.Text.Contains(output[10..30], StringComparison.Ordinal));
    }

    [Fact]
    public async Task Log_AskedForPrompts_HasThemWithTheRequestsId()
    {
        await using SecuredServer server = await SecuredServer.StartAsync("--Laser:LogPrompts", "true");
        await server.LoadedAsync();
        using var channel = new TestChannel(server.GrpcAddress);
        await channel.Generation.GenerateOnceAsync(RunningServer.Request(Prompt, 2));
        GenerateRequest ids = RunningServer.Request("", 2);
        ids.PromptTokenIds = new TokenIds { Ids = { 5u, 100u } };
        await channel.Generation.GenerateOnceAsync(ids);

        string[] logged =
        [
            .. server.Log.AtLeast(LogLevel.Information).Where(e => e.Category.EndsWith("PromptLog")).Select(e => e.Text),
        ];

        Assert.Equal(2, logged.Length);
        Assert.Matches($"^Request [0-9a-f]{{32}} has the prompt: {Prompt} *$", logged[0]);
        Assert.EndsWith("has the prompt: 5 100", logged[1].TrimEnd());
    }

    [Theory]
    [InlineData(1, "--Laser:Grpc:Address=0.0.0.0")]
    [InlineData(1, "--Laser:Http:Address=::")]
    [InlineData(0)]
    [InlineData(0, "--Laser:Http:Address=127.0.0.5", "--Laser:Grpc:Address=::1")]
    [InlineData(0, "--Laser:Grpc:Address=0.0.0.0", "--Laser:ApiKeys:Keys:0=" + ApiKeyTests.Key)]
    public async Task Build_OpenToOthers_WarnsOnce(int warnings, params string[] options)
    {
        await using SecuredServer server = SecuredServer.Build(options);

        Assert.Equal(warnings, server.Log.AtLeast(LogLevel.Warning).Count());
    }

    private static async Task CancelAsync(TestChannel channel)
    {
        using AsyncServerStreamingCall<GenerateResponse> call =
            channel.Generation.Generate(RunningServer.Request(Prompt, 900));
        await call.ResponseStream.MoveNext(default);
    }

    private static async Task FailAsync(TestChannel channel, Action<GenerateRequest> spoil)
    {
        GenerateRequest request = RunningServer.Request(Prompt, 4);
        spoil(request);
        RpcException e = await Assert.ThrowsAsync<RpcException>(
            async () => await channel.Generation.GenerateOnceAsync(request));
        Assert.Equal(StatusCode.InvalidArgument, e.StatusCode);
    }
}
