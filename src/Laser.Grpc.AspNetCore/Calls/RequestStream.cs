using System.Runtime.CompilerServices;
using Grpc.Core;
using Laser.Grpc.Protocol;

namespace Laser.Grpc.AspNetCore.Calls;

/// <summary>The requests of a call.</summary>
/// <typeparam name="T">The message.</typeparam>
internal sealed class RequestStream<T>(
    ServerCall call, Func<DeserializationContext, T> deserializer, int? maxLength) : IAsyncStreamReader<T>
    where T : class
{
    private readonly MessageReader<T> _reader =
        new(call.HttpContext.Request.BodyReader, deserializer, maxLength, call.RequestCompression);

    private T? _current;

    public T Current => _current
        ?? throw new InvalidOperationException("There is no current message; call MoveNext first.");

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        call.ThrowIfEnded();
        using var both = LinkedToken.Create(call.CancellationToken, cancellationToken);
        try
        {
            _current = await _reader.ReadAsync(both.Token);
            return _current is not null;
        }
        catch (IOException lost)
        {
            throw call.ClientLost(lost);
        }
    }

    /// <summary>The only request of the call.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<T> ReadSingleAsync()
    {
        try
        {
            return await _reader.ReadSingleAsync(call.CancellationToken)
                ?? throw ProtocolError.Broken("the request has no message");
        }
        catch (IOException lost)
        {
            throw call.ClientLost(lost);
        }
    }
}
