using System.IO.Compression;
using System.Text;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Laser.Grpc.Tests.Hosting;

/// <summary>Answers no proper server gives, as the methods of a service "raw" whose messages are texts.</summary>
internal static class RawEndpoints
{
    public static Method<string, string> Method(string name, MethodType type = MethodType.Unary) =>
        new(type, "raw", name, Marshallers.StringMarshaller, Marshallers.StringMarshaller);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/raw/Gzip", context => AnswerAsync(context, Gzip("unpacked"), "0", "gzip"));
        string large = new('a', 10_000_000);
        routes.MapPost("/raw/GzipBomb", context => AnswerAsync(context, Gzip(large), "0", "gzip"));
        routes.MapPost("/raw/CompressedWithoutName", context => AnswerAsync(context, RawClient.Frame(1, [1]), "0"));
        routes.MapPost("/raw/NoStatus", context => AnswerAsync(context, RawClient.Frame(0, []), status: null));
        routes.MapPost("/raw/StatusInWords", context => AnswerAsync(context, [], "fine"));
        routes.MapPost("/raw/NoMessage", context => AnswerAsync(context, [], "0"));
        routes.MapPost("/raw/TwoMessages", context => AnswerAsync(context, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "0"));
        routes.MapPost("/raw/HalfAMessage", context => AnswerAsync(context, [0, 0, 0, 0, 9, 1], "0"));
        routes.MapPost("/raw/Text", context => context.Response.WriteAsync("no gRPC here"));
        routes.MapPost("/raw/Http{status:int}", (int status) => Results.StatusCode(status));
        routes.MapPost("/raw/Reset{code:int}", Reset);
        routes.MapPost("/raw/Disconnect", Disconnect);
    }

    private static async Task AnswerAsync(HttpContext context, byte[] body, string? status, string? encoding = null)
    {
        context.Response.ContentType = "application/grpc";
        if (encoding is not null)
        {
            context.Response.Headers["grpc-encoding"] = encoding;
        }

        await context.Response.StartAsync();
        await context.Response.Body.WriteAsync(body);
        if (status is not null)
        {
            context.Response.AppendTrailer("grpc-status", status);
        }
    }

    private static void Reset(HttpContext context, int code) =>
        context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(code);

    private static void Disconnect(HttpContext context) =>
        context.Features.GetRequiredFeature<IConnectionLifetimeFeature>().Abort();

    private static byte[] Gzip(string text)
    {
        var output = new MemoryStream();
        using (var packer = new GZipStream(output, CompressionLevel.Optimal))
        {
            packer.Write(Encoding.UTF8.GetBytes(text));
        }

        return RawClient.Frame(1, output.ToArray());
    }
}
