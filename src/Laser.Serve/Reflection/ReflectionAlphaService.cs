using Google.Protobuf;
using Grpc.Core;
using Laser.Serve.Protocol.Reflection.V1Alpha;
using Request = Laser.Serve.Protocol.Reflection.V1.ServerReflectionRequest;
using Response = Laser.Serve.Protocol.Reflection.V1.ServerReflectionResponse;

namespace Laser.Serve.Reflection;

/// <summary>
/// Server reflection, version 1 alpha. Its messages have the bytes of version 1, so they go through that.
/// </summary>
internal sealed class ReflectionAlphaService(ServedDescriptors descriptors) : ServerReflection.ServerReflectionBase
{
    /// <inheritdoc />
    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<ServerReflectionRequest> requestStream,
        IServerStreamWriter<ServerReflectionResponse> responseStream,
        ServerCallContext context)
    {
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            Request request = Request.Parser.ParseFrom(requestStream.Current.ToByteString());
            Response answer = ReflectionAnswers.Answer(request, descriptors.Index);
            await responseStream.WriteAsync(
                ServerReflectionResponse.Parser.ParseFrom(answer.ToByteString()), context.CancellationToken);
        }
    }
}
