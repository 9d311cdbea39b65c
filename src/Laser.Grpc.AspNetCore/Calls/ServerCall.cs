using Grpc.Core;
using Laser.Grpc.AspNetCore.Binding;
using Laser.Grpc.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace Laser.Grpc.AspNetCore.Calls;

/// <summary>One call: what its handler sees of it, and how it starts and ends.</summary>
internal sealed partial class ServerCall : ServerCallContext, IDisposable
{
    private readonly IMethod _method;
    private readonly MethodSettings _settings;
    private readonly ILogger _logger;
    private CallDeadline? _deadline;
    private bool _isClientLost;

    public ServerCall(HttpContext http, IMethod method, MethodSettings settings, ILogger logger)
    {
        HttpContext = http;
        _method = method;
        _settings = settings;
        _logger = logger;
        _cancellationToken = http.RequestAborted;
        Response = new CallResponse(http, settings);
    }

    public HttpContext HttpContext { get; }

    public CallResponse Response { get; }

    /// <summary>The compression of the requests, or null.</summary>
    public MessageCompression? RequestCompression { get; private set; }

    private bool IsCancelled => _isClientLost || CancellationToken.IsCancellationRequested;

    /// <summary>Reads the protocol's headers and starts the deadline.</summary>
    /// <exception cref="RpcException">The requests are compressed in a way that is not understood.</exception>
    public void Start()
    {
        HttpContext.Response.ContentType = GrpcHeaders.GrpcContentType;

        // The limit of a message takes its place; a stream may be of any length.
        if (HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } bodySize)
        {
            bodySize.MaxRequestBodySize = null;
        }

        // A timeout of another form is ignored, as other servers do.
        if (TimeoutCoding.TryParse(HttpContext.Request.Headers[GrpcHeaders.Timeout], out TimeSpan timeout))
        {
            _deadline = new CallDeadline(timeout, HttpContext.RequestAborted, EndAtDeadlineAsync);
            _cancellationToken = _deadline.Token;
        }

        RequestCompression = FindRequestCompression();
        if (_settings.ResponseCompression is { } compression)
        {
            Response.Compress(compression);
        }
    }

    /// <summary>
    /// Lifts the server's least rate of request bytes: between two requests of a stream any time may pass, and falling
    /// below the rate would end the whole connection.
    /// </summary>
    public void AllowSlowRequests()
    {
        if (HttpContext.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }

    /// <summary>Ends the call with the status the handler has set, OK unless it has.</summary>
    public Task SucceedAsync() => EndAsync(Status, Metadata.Empty, isHandlerRunning: false);

    /// <summary>Ends the call with the status an exception stands for.</summary>
    public Task FailAsync(Exception error)
    {
        (Status status, Metadata trailers) = Classify(error);
        return EndAsync(status, trailers, isHandlerRunning: false);
    }

    /// <summary>
    /// Notes that the client is gone, which a read may know before <see cref="HttpContext.RequestAborted"/> does.
    /// </summary>
    public OperationCanceledException ClientLost(IOException error)
    {
        _isClientLost = true;
        return new OperationCanceledException("The client ended the call.", error, CancellationToken);
    }

    /// <summary>Keeps a handler's stray task from the request, which the server uses again for others.</summary>
    public void ThrowIfEnded()
    {
        if (Response.HasEnded)
        {
            CancellationToken.ThrowIfCancellationRequested();
            throw new InvalidOperationException("The call has ended; nothing more can be read.");
        }
    }

    public void Dispose() => _deadline?.Dispose();

    private MessageCompression? FindRequestCompression()
    {
        string? encoding = HttpContext.Request.Headers[GrpcHeaders.Encoding];
        if (MessageEncodings.IsIdentity(encoding))
        {
            return null;
        }

        if (_settings.Encodings.Find(encoding) is { } provider)
        {
            return new MessageCompression(provider);
        }

        HttpContext.Response.Headers[GrpcHeaders.AcceptEncoding] = _settings.Encodings.Accepted;
        throw new RpcException(
            new Status(StatusCode.Unimplemented, $"The compression '{encoding}' is not supported."));
    }

    private (Status Status, Metadata Trailers) Classify(Exception error)
    {
        Status status;
        Metadata trailers = Metadata.Empty;
        if (IsCancelled && error is (OperationCanceledException or IOException))
        {
            ServerLog.Cancelled(_logger, _method.FullName, error);
            status = new Status(StatusCode.Cancelled, "The call was cancelled.");
        }
        else if (error is RpcException rpc)
        {
            (status, trailers) = (rpc.Status, rpc.Trailers);
            ServerLog.EndedWithStatus(
                _logger, _method.FullName, status.StatusCode, status.Detail, status.DebugException);
        }
        else
        {
            ServerLog.HandlerFailed(_logger, _method.FullName, error);
            status = new Status(StatusCode.Unknown, _settings.EnableDetailedErrors
                ? $"The handler failed. {error.GetType().Name}: {error.Message}"
                : "The handler failed.");
        }

        // Whatever the handler makes of it: a call that is over its time ended for that reason.
        return _deadline is { HasPassed: true } ? (DeadlineStatus, Metadata.Empty) : (status, trailers);
    }

    private async Task EndAtDeadlineAsync()
    {
        try
        {
            ServerLog.DeadlineExceeded(_logger, _method.FullName);
            await EndAsync(DeadlineStatus, Metadata.Empty, isHandlerRunning: true);
        }
        catch (Exception error)
        {
            // The connection is gone; there is nobody to tell.
            ServerLog.EndNotSent(_logger, _method.FullName, error);
        }
    }

    private async Task EndAsync(Status status, Metadata trailers, bool isHandlerRunning)
    {
        Metadata handlerTrailers = isHandlerRunning ? Metadata.Empty : _responseTrailers ?? Metadata.Empty;
        if (await Response.EndAsync(status, handlerTrailers, trailers, isHandlerRunning) is { } leftOut)
        {
            ServerLog.TrailerLeftOut(_logger, _method.FullName, leftOut);
        }
    }
}
