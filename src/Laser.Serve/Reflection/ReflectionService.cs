using Grpc.Core;
using Laser.Serve.Protocol.Reflection.V1;

namespace Laser.Serve.Reflection;

/// <summary>Server reflection, version 1.</summary>
internal sealed class ReflectionService(ServedDescriptors descriptors) : ServerReflection.ServerReflectionBase
{
    /// <inheritdoc />
    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<ServerReflectionRequest> requestStream,
        IServerStreamWriter<ServerReflectionResponse> responseStream,
        ServerCallContext context)
    {
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            ServerReflectionResponse answer = ReflectionAnswers.Answer(requestStream.Current, descriptors.Index);
            await responseStream.WriteAsync(answer, context.CancellationToken);
        }
    }
}
