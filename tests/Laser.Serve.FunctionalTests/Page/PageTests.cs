using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Laser.Serve.FunctionalTests.Page;

public partial class PageTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Fact]
    public async Task Get_Page_AllowsItsOwnStyleAndScriptAndNothingElse()
    {
        using HttpResponseMessage response = await server.Http.GetAsync("/");
        string html = await response.Content.ReadAsStringAsync();
        string policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));

        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("<title>Laser.Serve</title>", html, StringComparison.Ordinal);
        Assert.StartsWith("default-src 'none'; ", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal(2, Inline().Count(html));
        Assert.All(Inline().Matches(html), match => Assert.Contains(
            $"{match.Groups[1]}-src 'sha256-{Sha256(match.Groups[2].Value)}'", policy, StringComparison.Ordinal));
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
    }

    [Fact]
    public async Task Get_Page_NamesNoOtherHost()
    {
        string html = await server.Http.GetStringAsync("/");

        // The only address in it is the name of the SVG format, in the icon.
        Assert.Equal("http://www.w3.org/2000/svg", Assert.Single(Address().Matches(html)).Value);
    }

    [Fact]
    public async Task Get_PageUnchanged_IsNotSentAgain()
    {
        using HttpResponseMessage first = await server.Http.GetAsync("/");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);

        using HttpResponseMessage second = await server.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Empty(await second.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Head_Page_HasHeadersOnly()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, "/");

        using HttpResponseMessage response = await server.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(response.Content.Headers.ContentLength > 1000);
    }

    [Fact]
    public async Task Get_PageOnTheGrpcPort_IsNotThere()
    {
        using var http = new HttpClient
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using HttpResponseMessage response = await http.GetAsync(server.GrpcAddress);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    private static string Sha256(string text) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    [GeneratedRegex("<(style|script)[^>]*>(.*?)</", RegexOptions.Singleline)]
    private static partial Regex Inline();

    [GeneratedRegex(@"https?://[\w./-]*")]
    private static partial Regex Address();
}
