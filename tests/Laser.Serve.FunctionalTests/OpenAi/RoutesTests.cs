using System.Net;
using System.Text;
using System.Text.Json;

namespace Laser.Serve.FunctionalTests.OpenAi;

public class RoutesTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Fact]
    public async Task Load_Idle_IsTheSnapshot()
    {
        await server.WhenIdleAsync();

        JsonElement load = JsonDocument.Parse(await server.Http.GetStringAsync("/v1/load")).RootElement;

        Assert.Equal("serving", load.GetProperty("state").GetString());
        Assert.Equal("laser-tales-3m", load.GetProperty("model").GetString());
        Assert.Equal(0, load.GetProperty("running_sequences").GetInt32());
        Assert.Equal(0, load.GetProperty("used_blocks").GetInt32());
        Assert.Equal(server.Engine.Snapshot.TotalBlockCount, load.GetProperty("total_blocks").GetInt32());
    }

    [Theory]
    [InlineData("GET", "/v1/completions", HttpStatusCode.MethodNotAllowed, "method_not_allowed")]
    [InlineData("POST", "/v1/models", HttpStatusCode.MethodNotAllowed, "method_not_allowed")]
    [InlineData("DELETE", "/v1/models/laser-tales-3m", HttpStatusCode.MethodNotAllowed, "method_not_allowed")]
    [InlineData("POST", "/v1/load", HttpStatusCode.MethodNotAllowed, "method_not_allowed")]
    [InlineData("POST", "/v1/chat/completions", HttpStatusCode.NotFound, "unknown_url")]
    [InlineData("GET", "/v1/models/other", HttpStatusCode.NotFound, "model_not_found")]
    [InlineData("GET", "/v1/models/other%2Fmodel", HttpStatusCode.NotFound, "model_not_found")]
    public async Task Request_NotServed_IsRefusedInOpenAisShape(
        string method, string path, HttpStatusCode status, string code)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using HttpResponseMessage response = await server.Http.SendAsync(request);

        using JsonDocument answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        JsonElement error = answer.RootElement.GetProperty("error");
        Assert.Equal(status, response.StatusCode);
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.Equal(status == HttpStatusCode.MethodNotAllowed, response.Content.Headers.Allow.Count == 1);
    }

    [Theory]
    [InlineData("GET", "/v1/models")]
    [InlineData("GET", "/v1/load")]
    [InlineData("POST", "/v1/completions")]
    [InlineData("POST", "/v1/other")]
    public async Task Request_OnTheGrpcPort_FindsNothing(string method, string path)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(server.GrpcAddress, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (method == "POST")
        {
            request.Content = new StringContent("{\"prompt\":\"a\"}", Encoding.UTF8, "application/json");
        }

        using HttpResponseMessage response = await http.SendAsync(request);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsStringAsync());
    }
}
