using Grpc.Core;
using Laser.Client.Tests.Fakes;
using Laser.Serve.V1;

namespace Laser.Client.Tests;

public sealed class LaserClientTests : IAsyncLifetime
{
    private FakeServer _server = null!;
    private LaserClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await FakeServer.StartAsync();
        _client = TestClients.Create(_server);
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Generate_Request_StreamsTheMessages()
    {
        var messages = new List<GenerateResponse>();
        await foreach (GenerateResponse message in _client.GenerateAsync(TestClients.Request(seed: 3)))
        {
            messages.Add(message);
        }

        Assert.Equal([0u, 1], messages.SelectMany(message => message.TokenIds));
        Assert.Equal(FinishReason.Length, messages[^1].Finish.Reason);
        Assert.Equal(3u, Assert.IsType<GenerateRequest>(_server.Calls.Single().Request).Sampling.Seed);
    }

    [Fact]
    public async Task Generate_Prompt_StreamsTextAndSendsWhatWasConfigured()
    {
        var pieces = new List<string>();
        await foreach (string piece in _client.GenerateAsync("Once", request => request.MaxTokens = 9))
        {
            pieces.Add(piece);
        }

        var sent = (GenerateRequest)_server.Calls.Single().Request;
        Assert.Equal(["t0 ", "t1 "], pieces);
        Assert.Equal(("Once", 9u), (sent.Prompt, sent.MaxTokens));
    }

    [Fact]
    public void Generate_PromptWithSeveralSequencesOrNoText_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => _client.GenerateAsync("Once", request => request.N = 2));
        Assert.Throws<ArgumentException>(
            () => _client.GenerateAsync("Once", request => request.Output = new OutputParams { Text = false }));
    }

    [Fact]
    public void Generate_Null_IsRefusedBeforeTheLoop()
    {
        Assert.Throws<ArgumentNullException>(() => _client.GenerateAsync((GenerateRequest)null!));
        Assert.Throws<ArgumentNullException>(() => _client.GenerateAsync((string)null!));
    }

    [Fact]
    public async Task Generate_NoMessages_IsAnEmptyStream()
    {
        _server.Then((_, _) => Task.CompletedTask);

        Assert.Equal("", await _client.GenerateAsync(TestClients.Request()).TextAsync());
    }

    [Fact]
    public async Task Generate_EnumeratedTwice_AsksTwice()
    {
        IAsyncEnumerable<GenerateResponse> stream = _client.GenerateAsync(TestClients.Request());

        Assert.Equal("t0 t1 ", await stream.TextAsync());
        Assert.Equal("t0 t1 ", await stream.TextAsync());
        Assert.Equal(2, _server.Calls.Count);
    }

    [Fact]
    public async Task GenerateOnce_RequestAndPrompt_GiveTheAnswer()
    {
        GenerateOnceResponse answer = await _client.GenerateOnceAsync(TestClients.Request());

        Assert.Equal("t0 t1 ", answer.Sequences.Single().Text);
        Assert.Equal("t0 t1 ", await _client.GenerateOnceAsync("Once"));
    }

    [Fact]
    public async Task Generate_ManyAtOnce_AllFinish()
    {
        string[] texts = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(_ => _client.GenerateAsync(TestClients.Request()).TextAsync()));

        Assert.All(texts, text => Assert.Equal("t0 t1 ", text));
        Assert.Equal(50, _server.Calls.Count);
    }

    [Fact]
    public async Task TokenizeAndDetokenize_Text_GoesThereAndBack()
    {
        TokenizeResponse tokens = await _client.TokenizeAsync("ab");
        TokenizeResponse plain = await _client.TokenizeAsync("ab", addSpecialTokens: false);

        Assert.Equal([1u, 'a', 'b'], tokens.TokenIds);
        Assert.Equal(['a', 'b'], plain.TokenIds);
        Assert.Equal("ab", await _client.DetokenizeAsync(tokens.TokenIds));
        Assert.Equal("<s>ab", await _client.DetokenizeAsync(tokens.TokenIds, skipSpecialTokens: false));
    }

    [Fact]
    public async Task ModelsAndServer_Calls_GiveTheAnswers()
    {
        Assert.Equal(128u, (await _client.GetModelAsync("fake")).ContextLength);
        Assert.Equal("fake", Assert.Single(await _client.ListModelsAsync()).Name);
        Assert.Equal("1.2.3", (await _client.GetServerInfoAsync()).Version);
        Assert.Equal(3u, (await _client.GetLoadAsync()).RunningSequences);
    }

    [Fact]
    public async Task Call_ApiKeyAndHeaders_ArriveAsMetadata()
    {
        using LaserClient client = TestClients.Create(_server, configure: options => options.ApiKey = "secret");
        var options = new LaserCallOptions { Headers = new Metadata { { "x-tenant", "blue" } } };

        await client.GenerateOnceAsync(TestClients.Request(), options);

        Metadata headers = _server.Calls.Single().Headers;
        Assert.Equal("Bearer secret", headers.GetValue("authorization"));
        Assert.Equal("blue", headers.GetValue("x-tenant"));
        Assert.Single(options.Headers);
    }

    [Fact]
    public async Task Call_NoApiKey_SendsNone()
    {
        await _client.GetModelAsync();

        Assert.Null(_server.Calls.Single().Headers.GetValue("authorization"));
    }

    [Fact]
    public async Task Generate_MessageLimits_AreKeptAndNotRetried()
    {
        using LaserClient client = TestClients.Create(_server, new TestClock(), configure: options =>
        {
            options.MaxSendMessageBytes = 100;
            options.MaxReceiveMessageBytes = 100;
        });
        _server.Then((write, _) => write(new GenerateResponse { Text = new string('x', 200) }));

        RpcException received = await Assert.ThrowsAsync<RpcException>(
            () => client.GenerateAsync(TestClients.Request()).TextAsync());
        RpcException sent = await Assert.ThrowsAsync<RpcException>(
            () => client.GenerateOnceAsync(new string('x', 200)));

        Assert.Equal(StatusCode.ResourceExhausted, received.StatusCode);
        Assert.Equal(StatusCode.ResourceExhausted, sent.StatusCode);
        Assert.Single(_server.Calls);
    }
}
