using Grpc.Core;
using Laser.Serve.Services.Mapping;
using Laser.Serve.Telemetry;
using Laser.Serve.V1;

namespace Laser.Serve.Services;

/// <summary>The native gRPC service: streams, hands cancellation on. No logic of its own.</summary>
internal sealed class GenerationService(Generator generator) : Generation.GenerationBase
{
    /// <inheritdoc />
    public override async Task Generate(
        GenerateRequest request, IServerStreamWriter<GenerateResponse> responseStream, ServerCallContext context)
    {
        Name(request, context);
        await foreach (GenerateResponse response in generator.StreamAsync(request, context.CancellationToken))
        {
            await responseStream.WriteAsync(response, context.CancellationToken);
        }
    }

    /// <inheritdoc />
    public override Task<GenerateOnceResponse> GenerateOnce(GenerateRequest request, ServerCallContext context)
    {
        Name(request, context);
        return generator.OnceAsync(request, context.CancellationToken);
    }

    // Before anything can fail: the answer to a refused request names it too.
    private static void Name(GenerateRequest request, ServerCallContext context)
    {
        request.RequestId = RequestId.Resolve(request.RequestId);
        RequestRecord.Current?.Name(request.RequestId);
        context.ResponseTrailers.Add(RequestId.TrailerKey, request.RequestId);
    }
}
