namespace Grpc.Core;

/// <summary>Messages that are sent one after the other.</summary>
/// <typeparam name="T">The message.</typeparam>
public interface IAsyncStreamWriter<in T>
{
    /// <summary>How messages are sent, from the next one on.</summary>
    WriteOptions? WriteOptions { get; set; }

    /// <summary>Sends a message. One call at a time; it ends when the transport has taken the message.</summary>
    /// <param name="message">The message.</param>
    Task WriteAsync(T message);

    /// <summary>Sends a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Ends the wait for the transport.</param>
    Task WriteAsync(T message, CancellationToken cancellationToken) => cancellationToken.CanBeCanceled
        ? throw new NotSupportedException("This stream cannot cancel a write.")
        : WriteAsync(message);
}
