namespace Grpc.Core;

/// <summary>The responses of a server handler.</summary>
/// <typeparam name="T">The message.</typeparam>
public interface IServerStreamWriter<in T> : IAsyncStreamWriter<T>
{
}
