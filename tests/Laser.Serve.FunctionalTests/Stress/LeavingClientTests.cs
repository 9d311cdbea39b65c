using Grpc.Core;
using Laser.Serve.V1;

namespace Laser.Serve.FunctionalTests.Stress;

/// <summary>
/// A client that goes leaves nothing behind, wherever its request is and however it goes. That it is gone within one
/// step is tested where steps can be counted, in the engine's tests; here, that the going reaches the engine.
/// </summary>
public class LeavingClientTests
{
    // Room for sixteen sequences, whose thousand tokens each take seconds. Fifteen that decode leave one token a step to
    // a prompt, which then takes as many steps as it has tokens.
    private static readonly string[] Crowded =
        ["--Laser:Engine:MaxRunningSequences=16", "--Laser:Engine:MaxTokensPerStep=16"];

    public static TheoryData<Leaving> Leavings => [.. Enum.GetValues<Leaving>()];

    [Theory]
    [MemberData(nameof(Leavings))]
    public async Task Leave_InQueue_TakesTheRequestOut(Leaving how)
    {
        await using RunningServer server = await RunningServer.StartAsync(Crowded);
        using var others = new LeavingClient(server.GrpcAddress);
        bool left = false;
        Task<StatusCode> running = others.RunAsync(LongAnswer(sequences: 16), Leaving.Cancels, when: () => left);
        await UntilAsync(() => server.Engine.Snapshot.RunningCount == 16);
        using var client = new LeavingClient(server.GrpcAddress);

        StatusCode end = await client.RunAsync(LongAnswer(), how, when: () => server.Engine.Snapshot.WaitingCount == 1);

        AssertLeft(how, end);
        Assert.Equal(0, client.MessageCount);
        await UntilAsync(() => server.Engine.Snapshot.WaitingCount == 0);
        Assert.False(running.IsCompleted); // nobody made room for it
        left = true;
        await running;
        await server.WhenIdleAsync();
    }

    [Theory]
    [MemberData(nameof(Leavings))]
    public async Task Leave_InPrefill_FreesTheBlocks(Leaving how)
    {
        await using RunningServer server = await RunningServer.StartAsync(Crowded);
        using var others = new LeavingClient(server.GrpcAddress);
        using var client = new LeavingClient(server.GrpcAddress);
        bool left = false;
        Task<StatusCode> running = others.RunAsync(LongAnswer(sequences: 15), Leaving.Cancels, when: () => left);
        await UntilAsync(() => server.Engine.Snapshot.RunningCount == 15);

        StatusCode end = await client.RunAsync(
            LongPrompt(), how, when: () => server.Engine.Snapshot.RunningCount == 16);

        AssertLeft(how, end);
        Assert.Equal(0, client.MessageCount); // it never came to its first token
        await UntilAsync(() => server.Engine.Snapshot.RunningCount < 16);
        left = true;
        await running;
        await server.WhenIdleAsync();
    }

    [Theory]
    [MemberData(nameof(Leavings))]
    public async Task Leave_InDecode_FreesTheBlocks(Leaving how)
    {
        await using RunningServer server = await RunningServer.StartAsync(Crowded);
        using var client = new LeavingClient(server.GrpcAddress);

        StatusCode end = await client.RunAsync(
            LongAnswer(sequences: 16), how, when: () => client.MessageCount > 2);

        AssertLeft(how, end);
        await server.WhenIdleAsync();
    }

    [Fact]
    public async Task Leave_WithSeveralSequences_FreesAllOfThem()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using var client = new LeavingClient(server.GrpcAddress);

        await client.RunAsync(
            LongAnswer(sequences: 8), Leaving.Cancels, when: () => server.Engine.Snapshot.RunningCount == 8);

        await server.WhenIdleAsync();
    }

    private static GenerateRequest LongAnswer(uint sequences = 1) => new()
    {
        Prompt = "Once upon a time",
        MaxTokens = 1000,
        N = sequences,
        Stop = new StopParams { IgnoreEos = true },
    };

    private static GenerateRequest LongPrompt() => new()
    {
        PromptTokenIds = new TokenIds { Ids = { Enumerable.Range(0, 1000).Select(i => (uint)(5 + (i % 500))) } },
        MaxTokens = 1,
    };

    // What a client sees that closed its own socket is between it and its own library.
    private static void AssertLeft(Leaving how, StatusCode status)
    {
        if (how is Leaving.Cancels or Leaving.PassesItsDeadline)
        {
            Assert.Equal(how == Leaving.Cancels ? StatusCode.Cancelled : StatusCode.DeadlineExceeded, status);
        }
        else
        {
            Assert.NotEqual(StatusCode.OK, status);
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(1);
        }
    }
}
