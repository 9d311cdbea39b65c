namespace Laser.Grpc.AspNetCore.Binding;

/// <summary>An object for the time of one call, disposed afterwards if it was created for it.</summary>
/// <typeparam name="T">The object.</typeparam>
/// <param name="instance">The object.</param>
/// <param name="isOwned">Whether it was created for this call.</param>
internal readonly struct Lease<T>(T instance, bool isOwned) : IAsyncDisposable
    where T : class
{
    public T Instance => instance;

    public ValueTask DisposeAsync()
    {
        if (!isOwned)
        {
            return ValueTask.CompletedTask;
        }

        if (instance is IAsyncDisposable asyncDisposable)
        {
            return asyncDisposable.DisposeAsync();
        }

        (instance as IDisposable)?.Dispose();
        return ValueTask.CompletedTask;
    }
}
