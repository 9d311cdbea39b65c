using System.Buffers;
using Grpc.Core;
using Laser.Grpc.Protocol;

namespace Laser.Grpc.Client;

/// <summary>The requests of a call.</summary>
/// <typeparam name="TRequest">The request message.</typeparam>
/// <typeparam name="TResponse">The response message.</typeparam>
internal sealed class RequestStreamWriter<TRequest, TResponse>(
    ClientCall<TRequest, TResponse> call,
    RequestStreamContent content,
    Marshaller<TRequest> marshaller,
    MessageWriter messages,
    WriteOptions? writeOptions)
    : IClientStreamWriter<TRequest>
    where TRequest : class
    where TResponse : class
{
    private readonly ArrayBufferWriter<byte> _frame = new();
    private bool _isWriting;
    private bool _isCompleted;

    public WriteOptions? WriteOptions { get; set; } = writeOptions;

    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    /// <remarks>The token cancels the whole call: what a write has sent in part cannot be taken back.</remarks>
    public async Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        Enter();
        try
        {
            using CancellationTokenRegistration registration = call.Lifetime.AbortOn(cancellationToken);
            ThrowIfOver();
            _frame.ResetWrittenCount();
            WriteFlags flags = WriteOptions?.Flags ?? default;
            messages.Write(_frame, marshaller.ContextualSerializer, message, flags);
            await SendAsync(flags).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _isWriting, false);
        }
    }

    public Task CompleteAsync()
    {
        Enter();
        _isCompleted = true;
        content.Complete();
        Volatile.Write(ref _isWriting, false);
        return Task.CompletedTask;
    }

    private async Task SendAsync(WriteFlags flags)
    {
        try
        {
            Stream stream = await content.Stream.WaitAsync(call.Lifetime.Aborted).ConfigureAwait(false);
            await stream.WriteAsync(_frame.WrittenMemory, call.Lifetime.Aborted).ConfigureAwait(false);
            if ((flags & WriteFlags.BufferHint) == 0)
            {
                await stream.FlushAsync(call.Lifetime.Aborted).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw await ExplainAsync(error).ConfigureAwait(false);
        }
    }

    /// <summary>A write fails when the call is over; the reason is the status, not what the write ran into.</summary>
    private async Task<RpcException> ExplainAsync(Exception error)
    {
        await call.Opened.ConfigureAwait(false);
        if (call.HasSingleResponse)
        {
            await call.Lifetime.Ended.ConfigureAwait(false);
        }

        return call.Lifetime.Outcome?.ToException() ?? new RpcException(new Status(
            StatusCode.Cancelled, "The server takes no more requests; its status follows the responses.", error));
    }

    private void ThrowIfOver()
    {
        ObjectDisposedException.ThrowIf(call.Lifetime.IsDisposed, call);
        if (_isCompleted)
        {
            throw new InvalidOperationException("The requests were completed; no more can be written.");
        }

        if (call.Lifetime.Outcome is { } outcome)
        {
            throw outcome.ToException();
        }
    }

    private void Enter()
    {
        if (Interlocked.Exchange(ref _isWriting, true))
        {
            throw new InvalidOperationException("Another message is being written; await it before the next one.");
        }
    }
}
