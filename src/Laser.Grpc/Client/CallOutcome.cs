using Grpc.Core;

namespace Laser.Grpc.Client;

/// <summary>How a call ended.</summary>
/// <param name="Status">The status, from the server or for what happened on the way.</param>
/// <param name="Trailers">The metadata that came with it.</param>
internal sealed record CallOutcome(Status Status, Metadata Trailers)
{
    public bool IsSuccess => Status.StatusCode == StatusCode.OK;

    public RpcException ToException() => new(Status, Trailers);
}
