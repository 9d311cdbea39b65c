using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Laser.Serve.OpenAi;

/// <summary>Reads the body of a request, up to a limit.</summary>
internal static class RequestBody
{
    /// <param name="request">The request.</param>
    /// <param name="maxLength">Largest body, in bytes.</param>
    /// <exception cref="OpenAiException">415 if it is not JSON, 413 if it is too long.</exception>
    public static async Task<byte[]> ReadAsync(HttpRequest request, int maxLength)
    {
        ThrowIfNotJson(request);

        // The limit is ours, not Kestrel's: a connection that Kestrel breaks off takes the answer with it.
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }

        if (request.ContentLength > maxLength)
        {
            throw TooLong(maxLength);
        }

        PipeReader body = request.BodyReader;
        while (true)
        {
            ReadResult read = await body.ReadAsync(request.HttpContext.RequestAborted);
            if (read.Buffer.Length > maxLength)
            {
                body.AdvanceTo(read.Buffer.End);
                throw TooLong(maxLength);
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

    private static OpenAiException TooLong(int maxLength) => OpenAiException.Refuse(
        StatusCodes.Status413PayloadTooLarge, null, "body_too_large", $"The body has more than {maxLength} bytes.");
}
