using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Laser.Serve.V1;

namespace Laser.Serve.FunctionalTests.OpenAi;

public class CompletionsTests(RunningServer server) : IClassFixture<RunningServer>
{
    private const string Greedy = "\"prompt\":\"Once upon a time\",\"temperature\":0";
    private const int BodyLimit = 4 * 1024 * 1024;

    [Fact]
    public async Task Post_SameSeed_IsTheNativeText()
    {
        GenerateRequest native = RunningServer.Request("Once upon a time", 32);
        native.Sampling = new SamplingParams { Temperature = 0.9f, TopK = 40, TopP = 0.9f, Seed = 5 };
        GenerateOnceResponse expected = await server.Client.GenerateOnceAsync(native);

        using JsonDocument answer = await PostAsync(
            """{"prompt":"Once upon a time","max_tokens":32,"temperature":0.9,"top_k":40,"top_p":0.9,"seed":5}""");

        Assert.Equal(
            expected.Sequences[0].Text, answer.RootElement.GetProperty("choices")[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task Post_Stream_IsEventsThatEndWithDone()
    {
        using HttpResponseMessage response = await SendAsync($"{{{Greedy},\"max_tokens\":12,\"stream\":true}}");
        string body = await response.Content.ReadAsStringAsync();
        string[] events = body.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.True(response.Headers.CacheControl!.NoCache);
        Assert.Equal("data: [DONE]", events[^1]);
        Assert.All(events, line => Assert.StartsWith("data: ", line, StringComparison.Ordinal));
        Assert.Equal("length", Choice(events[^2]).GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task Post_RequestId_NamesTheAnswer()
    {
        using HttpRequestMessage request = Request($"{{{Greedy}}}");
        request.Headers.Add("X-Request-Id", "test-17");

        using HttpResponseMessage response = await server.Http.SendAsync(request);
        using JsonDocument answer = JsonDocument.Parse(await response.Content.ReadAsStreamAsync());

        Assert.Equal("test-17", Assert.Single(response.Headers.GetValues("x-request-id")));
        Assert.Equal("cmpl-test-17", answer.RootElement.GetProperty("id").GetString());
    }

    [Fact]
    public async Task Post_RequestIdTooLong_IsRefused()
    {
        using HttpRequestMessage request = Request($"{{{Greedy}}}");
        request.Headers.Add("X-Request-Id", new string('x', 200));

        using HttpResponseMessage response = await server.Http.SendAsync(request);

        JsonElement error = await ErrorAsync(response, HttpStatusCode.BadRequest);
        Assert.Equal("x-request-id", error.GetProperty("param").GetString());
    }

    [Fact]
    public async Task Post_ClientGone_FreesItsBlocks()
    {
        long before = server.Engine.Snapshot.StepCount;
        string prompts = string.Join(',', Enumerable.Repeat("\"Once upon a time\"", 16));
        string body = $"{{\"prompt\":[{prompts}],\"temperature\":1,\"max_tokens\":1000,\"stream\":true}}";

        HttpResponseMessage response = await server.Http.SendAsync(
            Request(body), HttpCompletionOption.ResponseHeadersRead);
        Assert.True(server.Engine.Snapshot.RunningCount > 0);
        response.Dispose(); // closes the connection

        await server.WhenIdleAsync();
        Assert.Equal(0, server.Engine.Snapshot.UsedBlockCount);
        Assert.InRange(server.Engine.Snapshot.StepCount - before, 1, 900);
    }

    [Fact]
    public async Task Post_ReaderThatDoesNotRead_HoldsUpNobodyAndLosesNothing()
    {
        using HttpResponseMessage slow = await server.Http.SendAsync(
            Request($"{{{Greedy},\"max_tokens\":900,\"stream\":true}}"), HttpCompletionOption.ResponseHeadersRead);

        using JsonDocument other = await PostAsync($"{{{Greedy},\"max_tokens\":40}}");
        await server.WhenIdleAsync();

        Assert.Equal(40, other.RootElement.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        string events = await slow.Content.ReadAsStringAsync();
        Assert.EndsWith("data: [DONE]\n\n", events, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, HttpStatusCode, string> BadBodies => new()
    {
        { "", "application/json", HttpStatusCode.BadRequest, "invalid_json" },
        { "{", "application/json", HttpStatusCode.BadRequest, "invalid_json" },
        { "[]", "application/json", HttpStatusCode.BadRequest, "invalid_json" },
        { "{}", "application/json", HttpStatusCode.BadRequest, "missing_required_parameter" },
        { "{\"prompt\":\"a\"}", "text/plain", HttpStatusCode.UnsupportedMediaType, "unsupported_media_type" },
        {
            "{\"prompt\":\"a\"}", "application/json; charset=utf-16", HttpStatusCode.UnsupportedMediaType,
            "unsupported_media_type"
        },
        { "{\"prompt\":\"a\",\"model\":\"b\"}", "application/json", HttpStatusCode.NotFound, "model_not_found" },
    };

    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task Post_BadBody_IsRefusedWithItsCode(
        string body, string contentType, HttpStatusCode status, string code)
    {
        using HttpRequestMessage request = Request(body);
        request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);

        using HttpResponseMessage response = await server.Http.SendAsync(request);

        Assert.Equal(code, (await ErrorAsync(response, status)).GetProperty("code").GetString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Post_BodyOverTheLimit_IsRefusedAndTheConnectionLives(bool chunked)
    {
        using HttpRequestMessage request = Request(new string(' ', BodyLimit + 1));
        request.Headers.TransferEncodingChunked = chunked;

        using HttpResponseMessage response = await server.Http.SendAsync(request);

        JsonElement error = await ErrorAsync(response, HttpStatusCode.RequestEntityTooLarge);
        Assert.Equal("body_too_large", error.GetProperty("code").GetString());
        Assert.Contains("laser-tales-3m", await server.Http.GetStringAsync("/v1/models"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_BadUtf8_IsRefused()
    {
        using var content = new ByteArrayContent([.. "{\"prompt\":\"a"u8, 0xff, .. "\"}"u8]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");

        using HttpResponseMessage response = await server.Http.PostAsync("/v1/completions", content);

        JsonElement error = await ErrorAsync(response, HttpStatusCode.BadRequest);
        Assert.Equal("The body is not valid UTF-8.", error.GetProperty("message").GetString());
    }

    private static JsonElement Choice(string line) =>
        JsonDocument.Parse(line["data: ".Length..]).RootElement.GetProperty("choices")[0];

    private static async Task<JsonElement> ErrorAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("error");
    }

    private static HttpRequestMessage Request(string body) => new(HttpMethod.Post, "/v1/completions")
    {
        Content = new StringContent(body, Encoding.UTF8, "application/json"),
    };

    private Task<HttpResponseMessage> SendAsync(string body) => server.Http.SendAsync(Request(body));

    private async Task<JsonDocument> PostAsync(string body)
    {
        using HttpResponseMessage response = await SendAsync(body);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync());
    }
}
