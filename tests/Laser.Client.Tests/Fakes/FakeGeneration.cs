using Grpc.Core;
using Laser.Serve.V1;

namespace Laser.Client.Tests.Fakes;

/// <summary>Answers as the script of its server says.</summary>
internal sealed class FakeGeneration(FakeServer server) : Generation.GenerationBase
{
    public override async Task Generate(
        GenerateRequest request, IServerStreamWriter<GenerateResponse> responseStream, ServerCallContext context)
    {
        Answer answer = server.Receive(request, context);
        context.ResponseTrailers.Add("x-request-id", "request-1");
        await answer(responseStream.WriteAsync, context);
    }

    public override async Task<GenerateOnceResponse> GenerateOnce(GenerateRequest request, ServerCallContext context)
    {
        Answer answer = server.Receive(request, context);
        var sequence = new GeneratedSequence();
        await answer(
            message =>
            {
                sequence.MergeFrom(new GeneratedSequence { Text = sequence.Text + message.Text, Finish = message.Finish });
                return Task.CompletedTask;
            },
            context);
        return new GenerateOnceResponse { Sequences = { sequence } };
    }
}
