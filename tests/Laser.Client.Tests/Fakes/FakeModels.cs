using Grpc.Core;
using Laser.Serve.V1;

namespace Laser.Client.Tests.Fakes;

/// <summary>Has one model, "fake".</summary>
internal sealed class FakeModels(FakeServer server) : Models.ModelsBase
{
    public override async Task<Model> GetModel(GetModelRequest request, ServerCallContext context)
    {
        await server.Receive(request, context)(_ => Task.CompletedTask, context);
        return new Model { Name = "fake", ContextLength = 128 };
    }

    public override Task<ListModelsResponse> ListModels(ListModelsRequest request, ServerCallContext context) =>
        Task.FromResult(new ListModelsResponse { Models = { new Model { Name = "fake" } } });
}
