using Grpc.Core;
using Laser.Grpc.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Laser.Grpc.AspNetCore.Calls;

/// <content>The part that a handler sees.</content>
internal sealed partial class ServerCall
{
    /// <summary>
    /// The key of the <see cref="HttpContext"/> in the user state, where contexts that wrap this one find it.
    /// </summary>
    public const string HttpContextKey = "__HttpContext";

    private static readonly Status DeadlineStatus = new(StatusCode.DeadlineExceeded, "The deadline has passed.");

    private CancellationToken _cancellationToken;
    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;
    private AuthContext? _authContext;
    private Dictionary<object, object>? _userState;

    protected override string MethodCore => _method.FullName;

    protected override string HostCore => HttpContext.Request.Host.Value ?? "";

    protected override string PeerCore => PeerName.Of(HttpContext.Connection);

    protected override DateTime DeadlineCore => _deadline?.Time ?? DateTime.MaxValue;

    protected override Metadata RequestHeadersCore => _requestHeaders ??= ReadHeaders();

    protected override CancellationToken CancellationTokenCore => _cancellationToken;

    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];

    protected override Status StatusCore { get; set; } = Status.DefaultSuccess;

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore =>
        _authContext ??= ClientIdentity.Of(HttpContext.Connection.ClientCertificate);

    protected override IDictionary<object, object> UserStateCore =>
        _userState ??= new Dictionary<object, object> { [HttpContextKey] = HttpContext };

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        return Response.WriteHeadersAsync(responseHeaders, CancellationToken);
    }

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotSupportedException("Calls of this implementation take no propagation token.");

    private Metadata ReadHeaders()
    {
        var metadata = new Metadata();
        foreach ((string name, StringValues values) in HttpContext.Request.Headers)
        {
            foreach (string? value in GrpcHeaders.IsReserved(name.ToLowerInvariant()) ? [] : values)
            {
                MetadataCoding.AddReceived(metadata, name, value ?? "");
            }
        }

        return metadata;
    }
}
