using System.Net;

namespace Laser.Serve.FunctionalTests;

public class OperationsTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Theory]
    [InlineData("/healthz", "ok")]
    [InlineData("/readyz", "ready")]
    public async Task Probe_Loaded_Answers(string path, string answer) =>
        Assert.Equal(answer, (await server.Http.GetStringAsync(path)).Trim());

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/metrics/dotnet")]
    [InlineData("/healthz")]
    public async Task Operations_OnTheGrpcPort_AreNotThere(string path)
    {
        using var http = new HttpClient
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using HttpResponseMessage response = await http.GetAsync(new Uri(server.GrpcAddress, path));

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task MetricsOfThePackage_AreThereWhereItIs()
    {
        bool isThere = File.Exists(Path.Combine(AppContext.BaseDirectory, "Prometheus.AspNetCore.dll"));

        using HttpResponseMessage response = await server.Http.GetAsync("/metrics/dotnet");

        Assert.Equal(isThere ? HttpStatusCode.OK : HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task GetModel_Bundled_DescribesIt()
    {
        V1.Model model = await server.Client.GetModelAsync();

        Assert.Equal("laser-tales-3m", model.Name);
        Assert.Equal("laser", model.AttentionVariant);
        Assert.Equal("bfloat16", model.WeightType);
        Assert.True(model.ParameterCount > 3_000_000);
        Assert.True(model.CacheTokenCapacity >= model.ContextLength);
    }
}
