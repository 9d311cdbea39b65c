using System.Buffers;
using System.IO.Pipelines;
using Microsoft.Net.Http.Headers;

namespace Laser.Serve.OpenAi;

/// <summary>Reads the body of a request, up to a limit.</summary>
internal static class RequestBody
{
    /// <summary>Largest body, in bytes; the same as that of a gRPC message.</summary>
    public const int MaxLength = 4 * 1024 * 1024;

    /// <exception cref="OpenAiException">415 if it is not JSON, 413 if it is too long.</exception>
    public static async Task<byte[]> ReadAsync(HttpRequest request)
    {
        ThrowIfNotJson(request);
        if (request.ContentLength > MaxLength)
        {
            throw TooLong();
        }

        // The limit is ours, not Kestrel's: a connection that Kestrel breaks off takes the answer with it.
        PipeReader body = request.BodyReader;
        while (true)
        {
            ReadResult read = await body.ReadAsync(request.HttpContext.RequestAborted);
            if (read.Buffer.Length > MaxLength)
            {
                body.AdvanceTo(read.Buffer.End);
                throw TooLong();
            }

            if (read.IsCompleted)
            {
                byte[] bytes = read.Buffer.ToArray();
                body.AdvanceTo(read.Buffer.End);
                return bytes;
            }

            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static void ThrowIfNotJson(HttpRequest request)
    {
        bool json = MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type)
            && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase));
        if (!json)
        {
            throw UnsupportedMediaType(
                $"The content type is '{request.ContentType}'; it must be application/json, in UTF-8.");
        }

        string encoding = request.Headers.ContentEncoding.ToString();
        if (encoding.Length > 0 && encoding != "identity")
        {
            throw UnsupportedMediaType($"The content encoding is '{encoding}'; it must be identity.");
        }
    }

    private static OpenAiException UnsupportedMediaType(string message) => OpenAiException.Refuse(
        StatusCodes.Status415UnsupportedMediaType, null, "unsupported_media_type", message);

    private static OpenAiException TooLong() => OpenAiException.Refuse(
        StatusCodes.Status413PayloadTooLarge, null, "body_too_large", $"The body has more than {MaxLength} bytes.");
}
