using Grpc.Core;
using Laser.Serve.Errors;
using Laser.Serve.Hosting;
using Laser.Serve.Protocol.OpenInference;

namespace Laser.Serve.Compatibility.OpenInference;

/// <summary>The Open Inference Protocol v2 with Triton's streams: a translation to and from the native API.</summary>
internal sealed class OpenInferenceService(InferGeneration generation, ModelState state)
    : GRPCInferenceService.GRPCInferenceServiceBase
{
    private const string ServerName = "laser-serve";

    private static readonly string[] Extensions = ["model_configuration", "parameters"];

    /// <inheritdoc />
    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerLiveResponse { Live = state.IsAlive });

    /// <inheritdoc />
    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerReadyResponse { Ready = state.IsReady });

    /// <inheritdoc />
    public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context)
    {
        bool isVersion = request.Version is "" or InferCall.ModelVersion;
        bool isReady = state.IsReady && isVersion && request.Name == state.Loaded.Result.Name;
        return Task.FromResult(new ModelReadyResponse { Ready = isReady });
    }

    /// <inheritdoc />
    public override Task<ServerMetadataResponse> ServerMetadata(
        ServerMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerMetadataResponse
        {
            Name = ServerName,
            Version = ServerClock.Version,
            Extensions = { Extensions },
        });

    /// <inheritdoc />
    public override Task<ModelMetadataResponse> ModelMetadata(
        ModelMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(InferModels.Metadata(Require(request.Name, request.Version)));

    /// <inheritdoc />
    public override Task<ModelConfigResponse> ModelConfig(ModelConfigRequest request, ServerCallContext context) =>
        Task.FromResult(new ModelConfigResponse
        {
            Config = InferModels.Config(Require(request.Name, request.Version)),
        });

    /// <inheritdoc />
    public override Task<RepositoryIndexResponse> RepositoryIndex(
        RepositoryIndexRequest request, ServerCallContext context)
    {
        if (request.RepositoryName.Length > 0)
        {
            throw RpcErrors.NotFound(
                "repository",
                request.RepositoryName,
                $"There is no repository '{request.RepositoryName}'; the one there is has no name.");
        }

        var response = new RepositoryIndexResponse();
        if (state.Loaded.IsCompletedSuccessfully && (state.IsReady || !request.Ready))
        {
            response.Models.Add(new RepositoryIndexResponse.Types.ModelIndex
            {
                Name = state.Loaded.Result.Name,
                Version = InferCall.ModelVersion,
                State = state.IsReady ? "READY" : "UNAVAILABLE",
                Reason = state.IsReady ? "" : state.Current.ToString().ToLowerInvariant(),
            });
        }

        return Task.FromResult(response);
    }

    /// <inheritdoc />
    public override Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context) =>
        generation.OnceAsync(request, context.CancellationToken);

    /// <inheritdoc />
    public override async Task ModelStreamInfer(
        IAsyncStreamReader<ModelInferRequest> requestStream,
        IServerStreamWriter<ModelStreamInferResponse> responseStream,
        ServerCallContext context)
    {
        using var stream = new InferStream(generation, responseStream, context);
        await stream.RunAsync(requestStream);
    }

    private ServedModel Require(string name, string version)
    {
        InferCall.ThrowIfNotFound(name, version);
        return state.Require(name);
    }
}
