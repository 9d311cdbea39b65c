using Grpc.Core;

namespace Laser.Grpc.AspNetCore.Calls;

/// <summary>The responses of a call.</summary>
/// <typeparam name="T">The message.</typeparam>
internal sealed class ResponseStream<T>(ServerCall call, Action<T, SerializationContext> serializer)
    : IServerStreamWriter<T>
    where T : class
{
    public WriteOptions? WriteOptions { get; set; }

    private WriteFlags Flags => (WriteOptions ?? call.WriteOptions)?.Flags ?? default;

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        using var both = LinkedToken.Create(call.CancellationToken, cancellationToken);
        await call.Response.WriteAsync(serializer, message, Flags, both.Token);
    }
}
