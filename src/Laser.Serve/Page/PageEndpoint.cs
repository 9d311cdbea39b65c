using System.Security.Cryptography;
using System.Text;
using Laser.Serve.Hosting;

namespace Laser.Serve.Page;

/// <summary>
/// The page at <c>/</c> of the HTTP port, for trying the model by hand. One file that asks nothing of anybody else; the
/// browser is told to hold it to that.
/// </summary>
internal static class PageEndpoint
{
    private const string ResourceName = "index.html";

    /// <summary>Maps the page.</summary>
    public static void MapPage(this WebApplication app)
    {
        string html = Read();
        byte[] body = Encoding.UTF8.GetBytes(html);
        string policy = SecurityPolicy(html);
        string tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(body))[..32]}\"";
        app.MapOperationsGroup().MapMethods("/", [HttpMethods.Get, HttpMethods.Head], context =>
        {
            IHeaderDictionary headers = context.Response.Headers;
            headers.ContentSecurityPolicy = policy;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            headers.CacheControl = "no-cache";
            headers.ETag = tag;
            if (context.Request.Headers.IfNoneMatch == tag)
            {
                context.Response.StatusCode = StatusCodes.Status304NotModified;
                return Task.CompletedTask;
            }

            context.Response.ContentType = "text/html; charset=utf-8";
            context.Response.ContentLength = body.Length;
            return HttpMethods.IsHead(context.Request.Method)
                ? Task.CompletedTask
                : context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
        });
    }

    /// <summary>
    /// Allows the page's own style and script, by their hashes, its icon, and requests to the server it came from; nothing else.
    /// </summary>
    internal static string SecurityPolicy(string html) => string.Join("; ",
    [
        "default-src 'none'",
        $"style-src {Hash(Content(html, "<style>", "</style>"))}",
        $"script-src {Hash(Content(html, "<script type=\"module\">", "</script>"))}",
        "img-src data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]);

    /// <summary>The page's text.</summary>
    internal static string Read()
    {
        using Stream resource = typeof(PageEndpoint).Assembly.GetManifestResourceStream(ResourceName)
            ?? throw new InvalidOperationException($"The resource {ResourceName} is missing.");
        using var reader = new StreamReader(resource, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static string Hash(string text) =>
        $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";

    private static string Content(string html, string from, string to)
    {
        int start = html.IndexOf(from, StringComparison.Ordinal) + from.Length;
        return html[start..html.IndexOf(to, start, StringComparison.Ordinal)];
    }
}
