using Grpc.Core;
using Laser.Client.Tests.Fakes;
using Laser.Serve.V1;

namespace Laser.Client.Tests;

public sealed class ResumeTests : IAsyncLifetime
{
    private FakeServer _first = null!;
    private FakeServer _second = null!;
    private LaserClient _client = null!;

    public async Task InitializeAsync()
    {
        _first = await FakeServer.StartAsync();
        _second = await FakeServer.StartAsync();
        _client = TestClients.Create(
            [_first.Address, _second.Address],
            new TestClock(),
            configure: options => options.Resilience.RetryAfterFirstToken = true);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Theory]
    [InlineData(StatusCode.Unavailable)]
    [InlineData(StatusCode.Aborted)] // the drain limit of a server that shuts down
    public async Task Generate_BreaksWithASeed_GoesOnBehindWhatWasDelivered(StatusCode status)
    {
        ScriptBoth(Script.TokensThenFail(3, status), Script.Tokens(5));

        List<GenerateResponse> messages = await CollectAsync(TestClients.Request(seed: 5));

        Assert.Equal([0u, 1, 2, 3, 4], messages.SelectMany(message => message.TokenIds));
        Assert.Equal("t0 t1 t2 t3 t4 ", string.Concat(messages.Select(message => message.Text)));
        Assert.NotNull(messages[^1].Finish);
        Assert.Equal(2, _first.Calls.Count + _second.Calls.Count);
    }

    [Fact]
    public async Task Generate_OtherMessageBoundaries_AreCutWhereTheStreamBroke()
    {
        GenerateResponse whole = Script.Token(0, isLast: false);
        for (uint i = 1; i < 4; i++)
        {
            whole.MergeFrom(new GenerateResponse { Text = whole.Text + $"t{i} ", TokenIds = { i } });
        }

        whole.Logprobs.AddRange(Enumerable.Range(0, 4).Select(i => new TokenLogprob { TokenId = (uint)i }));
        ScriptBoth(Script.TokensThenFail(2, StatusCode.Unavailable), (write, _) => write(whole));

        List<GenerateResponse> messages = await CollectAsync(TestClients.Request(seed: 5));

        Assert.Equal(["t0 ", "t1 ", "t2 t3 "], messages.Select(message => message.Text));
        Assert.Equal([2u, 3], messages[^1].TokenIds);
        Assert.Equal([2u, 3], messages[^1].Logprobs.Select(logprob => logprob.TokenId));
    }

    [Fact]
    public async Task Generate_Greedy_IsResumedToo()
    {
        ScriptBoth(Script.TokensThenFail(1, StatusCode.Unavailable), Script.Tokens(2));
        GenerateRequest request = TestClients.Request();
        request.Sampling.Temperature = 0;

        Assert.Equal("t0 t1 ", await _client.GenerateAsync(request).TextAsync());
    }

    [Fact]
    public async Task Generate_SeveralSequencesOneFinished_DeliversEachTokenOnce()
    {
        static GenerateResponse At(uint index, uint id, bool isLast)
        {
            GenerateResponse message = Script.Token(id, isLast);
            message.Index = index;
            return message;
        }

        ScriptBoth(
            async (write, _) =>
            {
                await write(At(0, 0, isLast: true));
                await write(At(1, 0, isLast: false));
                throw Script.Error(StatusCode.Unavailable, null);
            },
            async (write, _) =>
            {
                await write(At(1, 0, isLast: false));
                await write(At(0, 0, isLast: true));
                await write(At(1, 1, isLast: true));
            });

        List<GenerateResponse> messages = await CollectAsync(TestClients.Request(seed: 5));

        Assert.Equal(
            [(0u, 0u), (1, 0), (1, 1)], messages.Select(message => (message.Index, message.TokenIds.Single())));
        Assert.Equal(2, messages.Count(message => message.Finish is not null));
    }

    [Fact]
    public async Task Generate_OtherTokensTheSecondTime_FailsWithDataLoss()
    {
        ScriptBoth(
            Script.TokensThenFail(2, StatusCode.Unavailable), (write, _) => write(Script.Token(9, isLast: true)));

        RpcException e = await Assert.ThrowsAsync<RpcException>(
            () => _client.GenerateAsync(TestClients.Request(seed: 5)).TextAsync());

        Assert.Equal(StatusCode.DataLoss, e.StatusCode);
    }

    [Fact]
    public async Task Generate_WithoutASeed_IsNotResumed()
    {
        ScriptBoth(Script.TokensThenFail(1, StatusCode.Unavailable), Script.Tokens(2));

        RpcException e = await Assert.ThrowsAsync<RpcException>(
            () => _client.GenerateAsync(TestClients.Request()).TextAsync());

        Assert.Equal(StatusCode.Unavailable, e.StatusCode);
    }

    [Theory]
    [InlineData(StatusCode.Internal)]
    [InlineData(StatusCode.ResourceExhausted)]
    public async Task Generate_BreaksOtherwiseThanUnavailable_IsNotResumed(StatusCode status)
    {
        ScriptBoth(Script.TokensThenFail(1, status), Script.Tokens(2));

        RpcException e = await Assert.ThrowsAsync<RpcException>(
            () => _client.GenerateAsync(TestClients.Request(seed: 5)).TextAsync());

        Assert.Equal(status, e.StatusCode);
    }

    // Which server is first is the balancer's affair: both have the script of the first call, then that of the second.
    private void ScriptBoth(Answer first, Answer second)
    {
        int calls = 0;
        Answer either = (write, context) => (Interlocked.Increment(ref calls) == 1 ? first : second)(write, context);
        _first.Then(either, either);
        _second.Then(either, either);
    }

    private async Task<List<GenerateResponse>> CollectAsync(GenerateRequest request)
    {
        var messages = new List<GenerateResponse>();
        await foreach (GenerateResponse message in _client.GenerateAsync(request))
        {
            messages.Add(message);
        }

        return messages;
    }
}
