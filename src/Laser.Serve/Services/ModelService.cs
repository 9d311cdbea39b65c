using Grpc.Core;
using Laser.Serve.Hosting;
using Laser.Serve.V1;

namespace Laser.Serve.Services;

/// <summary>Tells what is served.</summary>
internal sealed class ModelService(ModelState state) : Models.ModelsBase
{
    /// <inheritdoc />
    public override Task<V1.Model> GetModel(GetModelRequest request, ServerCallContext context) =>
        Task.FromResult(state.Require(request.Name).Describe());

    /// <inheritdoc />
    public override Task<ListModelsResponse> ListModels(ListModelsRequest request, ServerCallContext context)
    {
        var response = new ListModelsResponse();
        if (state.Loaded.IsCompletedSuccessfully)
        {
            response.Models.Add(state.Loaded.Result.Describe());
        }

        return Task.FromResult(response);
    }
}
