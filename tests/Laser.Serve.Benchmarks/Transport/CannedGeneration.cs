using Grpc.Core;
using Laser.Serve.V1;

namespace Laser.Serve.Benchmarks.Transport;

/// <summary>Answers as the server would, but with what it has ready: what is left is the cost of gRPC.</summary>
internal sealed class CannedGeneration : Generation.GenerationBase
{
    private static readonly GenerateResponse Token = new() { Text = " word", TokenIds = { 1234u } };
    private static readonly GenerateOnceResponse Whole =
        new() { Sequences = { new GeneratedSequence { Text = " word", TokenIds = { 1234u } } } };

    public override Task<GenerateOnceResponse> GenerateOnce(GenerateRequest request, ServerCallContext context) =>
        Task.FromResult(Whole);

    public override async Task Generate(
        GenerateRequest request, IServerStreamWriter<GenerateResponse> responseStream, ServerCallContext context)
    {
        for (uint i = 0; i < request.MaxTokens; i++)
        {
            await responseStream.WriteAsync(Token, context.CancellationToken);
        }
    }
}
