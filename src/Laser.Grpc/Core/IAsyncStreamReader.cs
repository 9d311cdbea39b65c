namespace Grpc.Core;

/// <summary>Messages that arrive one after the other.</summary>
/// <typeparam name="T">The message.</typeparam>
public interface IAsyncStreamReader<out T>
{
    /// <summary>The message the last <see cref="MoveNext"/> got.</summary>
    T Current { get; }

    /// <summary>Waits for the next message. One call at a time.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False at the end of the stream.</returns>
    /// <exception cref="RpcException">The call failed.</exception>
    Task<bool> MoveNext(CancellationToken cancellationToken);
}
