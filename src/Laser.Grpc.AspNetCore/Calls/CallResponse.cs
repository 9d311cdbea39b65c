using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Grpc.Core;
using Laser.Grpc.AspNetCore.Binding;
using Laser.Grpc.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Laser.Grpc.AspNetCore.Calls;

/// <summary>
/// What goes back to the client. The handler writes, and either the handler's end or the deadline ends the call: the
/// gate lets only one of them at the response at a time, and nothing after the end.
/// </summary>
[SuppressMessage(
    "Design",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "The semaphore has no handle, and the deadline may still wait at it after the call.")]
internal sealed class CallResponse(HttpContext http, MethodSettings settings)
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly MessageWriter _messages = new(settings.MaxSendMessageSize);
    private bool _hasMessages;

    /// <summary>Whether the status is out.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Compresses the messages from now on, where the client understands it.</summary>
    public void Compress(MessageCompression compression)
    {
        if (MessageEncodings.Accepts(http.Request.Headers[GrpcHeaders.AcceptEncoding], compression.Name))
        {
            _messages.Compression = compression;
            http.Response.Headers[GrpcHeaders.Encoding] = compression.Name;
        }
    }

    /// <summary>Sends headers ahead of the first message.</summary>
    /// <exception cref="InvalidOperationException">
    /// Headers or a message are out already, the call has ended, or an unknown compression is asked for.
    /// </exception>
    /// <exception cref="ArgumentException">An entry is reserved by the protocol or cannot be a header.</exception>
    public async Task WriteHeadersAsync(Metadata headers, CancellationToken cancellationToken)
    {
        Enter(cancellationToken);
        try
        {
            if (_hasMessages || http.Response.HasStarted)
            {
                throw new InvalidOperationException("Response headers are sent once, before the first message.");
            }

            if (StatusWriter.WriteMetadata(http.Response.Headers, headers) is { } leftOut)
            {
                throw new ArgumentException(
                    $"Metadata '{leftOut}' is reserved by gRPC, or its text is not printable ASCII.", nameof(headers));
            }

            CompressAsAsked(headers.GetValue(GrpcHeaders.EncodingRequest));
            await FlushAsync(cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Sends a message, at once or together with what follows.</summary>
    /// <exception cref="InvalidOperationException">Another message is being written, or the call has ended.</exception>
    /// <exception cref="OperationCanceledException">The client is gone, or the deadline has passed.</exception>
    public async Task WriteAsync<T>(
        Action<T, SerializationContext> serializer, T message, WriteFlags flags, CancellationToken cancellationToken)
    {
        Enter(cancellationToken);
        try
        {
            _messages.Write(http.Response.BodyWriter, serializer, message, flags);
            _hasMessages = true;
            if ((flags & WriteFlags.BufferHint) == 0)
            {
                await FlushAsync(cancellationToken);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Ends the call with a status, unless it has ended.</summary>
    /// <param name="status">The status.</param>
    /// <param name="trailers">Metadata to send with it.</param>
    /// <param name="moreTrailers">Metadata that follows.</param>
    /// <param name="isHandlerRunning">
    /// Whether the handler goes on; the response is then closed here and not by the server when the handler returns.
    /// </param>
    /// <returns>The key of an entry that could not be sent, or null.</returns>
    public async Task<string?> EndAsync(
        Status status, Metadata trailers, Metadata moreTrailers, bool isHandlerRunning)
    {
        await _gate.WaitAsync();
        try
        {
            if (HasEnded)
            {
                return null;
            }

            HasEnded = true;
            IHeaderDictionary target = WriteStatus(status);
            string? leftOut = StatusWriter.WriteMetadata(target, trailers);
            leftOut = StatusWriter.WriteMetadata(target, moreTrailers) ?? leftOut;
            if (isHandlerRunning)
            {
                await http.Response.CompleteAsync();
            }

            return leftOut;
        }
        finally
        {
            _gate.Release();
        }
    }

    private void CompressAsAsked(string? encoding)
    {
        if (encoding is null)
        {
            return;
        }

        _messages.Compression = null;
        http.Response.Headers.Remove(GrpcHeaders.Encoding);
        if (!MessageEncodings.IsIdentity(encoding))
        {
            Compress(new MessageCompression(settings.Encodings.Find(encoding) ?? throw new InvalidOperationException(
                $"There is no compression provider for '{encoding}'.")));
        }
    }

    private IHeaderDictionary WriteStatus(Status status)
    {
        // Without a message the status goes into the headers, so that the whole response is one frame. A message that
        // is not flushed yet leaves HasStarted false, though the response will have a body.
        IHeaderDictionary target = _hasMessages || http.Response.HasStarted
            ? http.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers
            : http.Response.Headers;
        StatusWriter.Write(target, status);
        return target;
    }

    private void Enter(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_gate.Wait(0, CancellationToken.None))
        {
            // The deadline cancels first and then takes the gate.
            cancellationToken.ThrowIfCancellationRequested();
            throw new InvalidOperationException("Another message is being written; await it before the next one.");
        }

        if (HasEnded)
        {
            _gate.Release();
            cancellationToken.ThrowIfCancellationRequested();
            throw new InvalidOperationException("The call has ended; nothing more can be sent.");
        }
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        // The token is not handed on: Kestrel resets the stream when it cancels a flush, and the status would be lost.
        PipeWriter writer = http.Response.BodyWriter;
        FlushResult result;
        do
        {
            ValueTask<FlushResult> flush = writer.FlushAsync(CancellationToken.None);
            if (flush.IsCompleted)
            {
                result = await flush;
            }
            else
            {
                using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
                    static writer => ((PipeWriter)writer!).CancelPendingFlush(), writer);
                result = await flush;
            }
        }
        // A cancellation that came too late for an earlier flush is not meant for this one.
        while (result.IsCanceled && !cancellationToken.IsCancellationRequested);

        if (result.IsCanceled || result.IsCompleted)
        {
            throw new OperationCanceledException("The client takes no more messages.", cancellationToken);
        }
    }
}
