using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Net.Client;
using Laser.Grpc.Protocol;
using Microsoft.Extensions.Logging;

namespace Laser.Grpc.Client;

/// <summary>One call: an HTTP/2 request and the messages of its response.</summary>
/// <typeparam name="TRequest">The request message.</typeparam>
/// <typeparam name="TResponse">The response message.</typeparam>
internal sealed class ClientCall<TRequest, TResponse>
    where TRequest : class
    where TResponse : class
{
    private const int ReadBufferSize = 16 * 1024;

    private static readonly Status NoMessage =
        new(StatusCode.Internal, "The server sent status OK without a message.");

    private static readonly Status DisposedStatus = new(StatusCode.Cancelled, "The call was disposed.");

    private readonly GrpcChannel _channel;
    private readonly Method<TRequest, TResponse> _method;
    private readonly CallOptions _options;
    private readonly CallLifetime _lifetime;
    private readonly TaskCompletionSource<Metadata> _headers =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task _opened = Task.CompletedTask;
    private HttpResponseMessage? _response;
    private PipeReader? _body;
    private MessageReader<TResponse>? _messages;

    /// <summary>Creates a call.</summary>
    /// <exception cref="InvalidOperationException">The deadline is not in UTC.</exception>
    public ClientCall(GrpcChannel channel, Method<TRequest, TResponse> method, CallOptions options)
    {
        _channel = channel;
        _method = method;
        _options = options;
        _lifetime = new CallLifetime(options.Deadline);
    }

    public Task<Metadata> ResponseHeaders => _headers.Task;

    public CallLifetime Lifetime => _lifetime;

    /// <summary>Whether the call ends by itself, or only when the caller reads the responses.</summary>
    public bool HasSingleResponse => _method.Type is MethodType.Unary or MethodType.ClientStreaming;

    /// <summary>Completes when the response headers are there or the call has ended; never fails.</summary>
    public Task Opened => _opened;

    private CallOutcome Outcome => _lifetime.Outcome
        ?? throw new InvalidOperationException("The call has not ended; read the response to its end first.");

    public Status GetStatus() => Outcome.Status;

    public Metadata GetTrailers() => Outcome.Trailers;

    public void Dispose() => _lifetime.AbortDisposed(DisposedStatus);

    /// <summary>Sends the request.</summary>
    /// <exception cref="ArgumentException">The metadata has an entry that cannot be sent.</exception>
    public void Start(HttpContent content)
    {
        HttpRequestMessage request = CallRequest.Create(
            _channel.AddressOf(_method), content, _options.Headers, _channel.Encodings);
        _lifetime.Aborted.UnsafeRegister(
            static call => ((ClientCall<TRequest, TResponse>)call!)._response?.Dispose(), this);
        if (_channel.Logger.IsEnabled(LogLevel.Debug))
        {
            _ = LogEndAsync();
        }

        _lifetime.Start(_options.CancellationToken, _channel.Closing);
        _opened = OpenAsync(request);
    }

    /// <summary>The only response; fails with the status where that is not OK.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    public async Task<TResponse> ReadSingleAsync()
    {
        await _opened.ConfigureAwait(false);
        TResponse? message = null;
        if (_lifetime.Outcome is null)
        {
            try
            {
                message = await _messages!.ReadSingleAsync(_lifetime.Aborted).ConfigureAwait(false);
                End(message is null);
            }
            catch (Exception error)
            {
                _lifetime.Fail(error);
            }
        }

        return Outcome.IsSuccess && message is not null ? message : throw Outcome.ToException();
    }

    /// <summary>The next response, or null where the call ended with OK.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<TResponse?> ReadNextAsync()
    {
        await _opened.ConfigureAwait(false);
        if (_lifetime.Outcome is null)
        {
            try
            {
                if (await _messages!.ReadAsync(_lifetime.Aborted).ConfigureAwait(false) is { } message)
                {
                    return message;
                }

                End(isMessageMissing: false);
            }
            catch (Exception error)
            {
                _lifetime.Fail(error);
            }
        }

        return Outcome.IsSuccess ? null : throw Outcome.ToException();
    }

    private async Task OpenAsync(HttpRequestMessage request)
    {
        try
        {
            if (_lifetime.Remaining is { } remaining)
            {
                CallRequest.SetTimeout(request, remaining);
            }

            _lifetime.Aborted.ThrowIfCancellationRequested();
            _response = await _channel.SendAsync(request, _lifetime.Aborted).ConfigureAwait(false);
            if (_lifetime.Aborted.IsCancellationRequested)
            {
                // The registration may have come before there was a response to dispose.
                _response.Dispose();
            }

            Accept(_response);
        }
        catch (Exception error)
        {
            _lifetime.Fail(error);
            _headers.TrySetException(Outcome.ToException());
            _ = _headers.Task.Exception;
        }
    }

    private void Accept(HttpResponseMessage response)
    {
        Metadata headers = Client.ResponseHeaders.ToMetadata(response.Headers);
        if (Client.ResponseHeaders.FindHttpError(response) is { } httpError)
        {
            _lifetime.End(httpError, headers);
            response.Dispose();
        }
        else if (Client.ResponseHeaders.FindStatus(response.Headers) is { } status)
        {
            _lifetime.End(WithMessage(status), headers);
            response.Dispose();
        }
        else
        {
            OpenBody(response);
        }

        _headers.TrySetResult(headers);
    }

    /// <summary>A response that is all headers has no message, so that OK is wrong where one is due.</summary>
    private Status WithMessage(Status status) =>
        status.StatusCode == StatusCode.OK && HasSingleResponse ? NoMessage : status;

    private void OpenBody(HttpResponseMessage response)
    {
        _body = PipeReader.Create(
            response.Content.ReadAsStream(), new StreamPipeReaderOptions(bufferSize: ReadBufferSize, leaveOpen: true));
        string? encoding = Client.ResponseHeaders.Find(response.Headers, GrpcHeaders.Encoding);
        _messages = new MessageReader<TResponse>(
            _body,
            _method.ResponseMarshaller.ContextualDeserializer,
            _channel.MaxReceiveMessageSize,
            _channel.Encodings.Find(encoding) is { } provider ? new MessageCompression(provider) : null);
    }

    /// <summary>Ends the call with the trailers, which are there once the body has been read.</summary>
    private void End(bool isMessageMissing)
    {
        Status status = Client.ResponseHeaders.FindStatus(_response!.TrailingHeaders)
            ?? new Status(StatusCode.Unknown, "The response ended without grpc-status.");
        if (isMessageMissing && status.StatusCode == StatusCode.OK)
        {
            status = NoMessage;
        }

        _lifetime.End(status, Client.ResponseHeaders.ToMetadata(_response.TrailingHeaders));
        _body!.Complete();
        _response.Dispose();
    }

    private async Task LogEndAsync()
    {
        Status status = (await _lifetime.Ended.ConfigureAwait(false)).Status;
        ClientLog.Ended(_channel.Logger, _method.FullName, status.StatusCode, status.Detail, status.DebugException);
    }
}
