using System.Buffers;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Features;

namespace Laser.Serve.OpenAi;

/// <summary>Server-sent events: each is flushed by itself, so that a token arrives when it is there.</summary>
internal sealed class EventStream(HttpContext context) : IDisposable
{
    // It is JSON in an event stream, not HTML: only what JSON itself needs is escaped.
    private readonly Utf8JsonWriter _json = new(
        Stream.Null, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Sends a value as the data of an event; the first one sends the headers too.</summary>
    public async ValueTask SendAsync<T>(T value, JsonTypeInfo<T> type)
    {
        PipeWriter body = Begin();
        _json.Reset(body);
        JsonSerializer.Serialize(_json, value, type);
        _json.Flush();
        body.Write("\n\n"u8);
        await body.FlushAsync(context.RequestAborted);
    }

    /// <summary>Sends the mark that the stream is complete.</summary>
    public async ValueTask SendDoneAsync()
    {
        PipeWriter body = Begin();
        body.Write("[DONE]\n\n"u8);
        await body.FlushAsync(context.RequestAborted);
    }

    public void Dispose() => _json.Dispose();

    private PipeWriter Begin()
    {
        HttpResponse response = context.Response;
        if (!response.HasStarted)
        {
            response.ContentType = "text/event-stream; charset=utf-8";
            response.Headers.CacheControl = "no-cache";
            response.Headers["X-Accel-Buffering"] = "no"; // nginx would gather events otherwise
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        }

        response.BodyWriter.Write("data: "u8);
        return response.BodyWriter;
    }
}
