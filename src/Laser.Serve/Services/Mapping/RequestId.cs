using Grpc.Core;

namespace Laser.Serve.Services.Mapping;

/// <summary>Names of requests, in logs and in the trailers of answers.</summary>
internal static class RequestId
{
    /// <summary>Key of the trailer.</summary>
    public const string TrailerKey = "x-request-id";

    private const int MaxLength = 128;

    /// <summary>The client's own name, or a new one where it gave none.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: it cannot be in a log line and a header.</exception>
    public static string Resolve(string id)
    {
        if (id.Length > MaxLength || id.Any(c => c is < ' ' or > '~'))
        {
            throw FieldCheck.Invalid("request_id", $"must be at most {MaxLength} printable ASCII characters");
        }

        return id.Length > 0 ? id : Guid.NewGuid().ToString("n");
    }
}
