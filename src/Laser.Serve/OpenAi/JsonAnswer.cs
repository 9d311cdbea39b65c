using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Laser.Serve.OpenAi;

/// <summary>Answers in one piece.</summary>
internal static class JsonAnswer
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        var bytes = new ArrayBufferWriter<byte>();
        await using (var json = new Utf8JsonWriter(bytes, Relaxed))
        {
            JsonSerializer.Serialize(json, value, type);
        }

        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = bytes.WrittenCount;
        await context.Response.Body.WriteAsync(bytes.WrittenMemory, context.RequestAborted);
    }

    public static Task WriteErrorAsync(HttpContext context, OpenAiException e)
    {
        context.Response.StatusCode = e.Status;
        if (e.RetryAfter is { } retryAfter)
        {
            // Whole seconds, and not sooner.
            context.Response.Headers.RetryAfter =
                Math.Ceiling(retryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        return WriteAsync(context, new OpenAiErrorBody(e.Error), OpenAiJson.Default.OpenAiErrorBody);
    }
}
