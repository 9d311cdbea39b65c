using Grpc.Core;
using Laser.Serve.Engine;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Hosting;
using Laser.Serve.V1;

namespace Laser.Serve.Services;

/// <summary>gRPC to engine and back: maps, streams, hands cancellation on. No logic of its own.</summary>
public sealed class GenerationService(ModelState state) : Generation.GenerationBase
{
    /// <inheritdoc />
    public override async Task Generate(
        GenerateRequest request, IServerStreamWriter<GenerateResponse> responseStream, ServerCallContext context)
    {
        ServedModel model = state.Require(request.Model);
        GenerationRequest generation = RequestMapper.Map(request, model);
        try
        {
            await foreach (TokenOutput output in model.Engine.GenerateAsync(generation, context.CancellationToken))
            {
                await responseStream.WriteAsync(ResponseMapper.Map(output, generation), context.CancellationToken);
            }
        }
        catch (EngineException e)
        {
            throw EngineStatus.ToRpcException(e);
        }
    }

    /// <inheritdoc />
    public override async Task<GenerateOnceResponse> GenerateOnce(GenerateRequest request, ServerCallContext context)
    {
        ServedModel model = state.Require(request.Model);
        GenerationRequest generation = RequestMapper.Map(request, model);
        var whole = new WholeResponse();
        try
        {
            await foreach (TokenOutput output in model.Engine.GenerateAsync(generation, context.CancellationToken))
            {
                whole.Add(output);
            }
        }
        catch (EngineException e)
        {
            throw EngineStatus.ToRpcException(e);
        }

        return whole.ToResponse(generation);
    }
}
