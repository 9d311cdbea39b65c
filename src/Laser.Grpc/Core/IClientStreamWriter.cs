namespace Grpc.Core;

/// <summary>The requests of a client.</summary>
/// <typeparam name="T">The message.</typeparam>
public interface IClientStreamWriter<in T> : IAsyncStreamWriter<T>
{
    /// <summary>Ends the requests; responses may go on.</summary>
    Task CompleteAsync();
}
