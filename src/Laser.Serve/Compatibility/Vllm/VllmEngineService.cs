using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Laser.Serve.Errors;
using Laser.Serve.Hosting;
using Laser.Serve.Protocol.ModelGateway;
using Laser.Serve.Protocol.Vllm;
using Laser.Serve.Services;
using NativeResponse = Laser.Serve.V1.GenerateResponse;

namespace Laser.Serve.Compatibility.Vllm;

/// <summary>The service that inference gateways dial: a translation to and from the native one.</summary>
internal sealed class VllmEngineService(
    Generator generator, ModelState state, RunningCalls calls, VllmServerState server) : VllmEngine.VllmEngineBase
{
    private const int ChunkBytes = 64 * 1024;

    /// <inheritdoc />
    public override async Task Generate(
        GenerateRequest request, IServerStreamWriter<GenerateResponse> responseStream, ServerCallContext context)
    {
        ServedModel model = state.Require("");
        VllmRequest translated = VllmRequest.Translate(request, model.ContextLength, model.EncodePrompt);
        var answer = new VllmAnswer(request, translated);
        using RunningCall call = calls.Start(request.RequestId, context.CancellationToken);
        try
        {
            IAsyncEnumerable<NativeResponse> stream = generator.StreamAsync(translated.Native, call.Token);
            await foreach (NativeResponse native in stream.TranslateErrors(translated.Names))
            {
                await WriteAsync(answer.Add(native));
            }
        }
        catch (Exception e) when (
            IsCancellation(e) && call.IsAborted && !context.CancellationToken.IsCancellationRequested)
        {
            await WriteAsync(answer.Abort());
        }

        async Task WriteAsync(IEnumerable<GenerateResponse> responses)
        {
            foreach (GenerateResponse response in responses)
            {
                await responseStream.WriteAsync(response, context.CancellationToken);
            }
        }
    }

    /// <inheritdoc />
    public override Task<AbortResponse> Abort(AbortRequest request, ServerCallContext context)
    {
        foreach (string requestId in request.RequestIds)
        {
            calls.Abort(requestId);
        }

        return Task.FromResult(new AbortResponse());
    }

    /// <inheritdoc />
    public override Task<HealthCheckResponse> HealthCheck(HealthCheckRequest request, ServerCallContext context) =>
        Task.FromResult(server.Health());

    /// <inheritdoc />
    public override Task<GetModelInfoResponse> GetModelInfo(GetModelInfoRequest request, ServerCallContext context) =>
        VllmModelInfo.DescribeAsync(server.RequireLoaded(), context.CancellationToken);

    /// <inheritdoc />
    public override Task<GetServerInfoResponse> GetServerInfo(
        GetServerInfoRequest request, ServerCallContext context) =>
        Task.FromResult(server.Info());

    /// <inheritdoc />
    public override Task<GetLoadsResponse> GetLoads(GetLoadsRequest request, ServerCallContext context) =>
        Task.FromResult(server.Loads(request));

    /// <inheritdoc />
    public override async Task GetTokenizer(
        GetTokenizerRequest request, IServerStreamWriter<GetTokenizerChunk> responseStream, ServerCallContext context)
    {
        byte[] archive = await TokenizerArchive.PackAsync(server.RequireLoaded().Folder, context.CancellationToken);
        for (int start = 0; start < archive.Length; start += ChunkBytes)
        {
            int length = Math.Min(ChunkBytes, archive.Length - start);
            bool isLast = start + length == archive.Length;
            await responseStream.WriteAsync(
                new GetTokenizerChunk
                {
                    Data = UnsafeByteOperations.UnsafeWrap(archive.AsMemory(start, length)),
                    Sha256 = isLast ? Convert.ToHexStringLower(SHA256.HashData(archive)) : "",
                },
                context.CancellationToken);
        }
    }

    /// <inheritdoc />
    public override Task<EmbedResponse> Embed(EmbedRequest request, ServerCallContext context) =>
        throw RpcErrors.Create(
            StatusCode.Unimplemented,
            "NOT_SUPPORTED",
            "The models served here generate text; they give no embeddings.");

    /// <inheritdoc />
    public override Task SubscribeKvEvents(
        SubscribeKvEventsRequest request,
        IServerStreamWriter<KvEventBatch> responseStream,
        ServerCallContext context) =>
        throw RpcErrors.Create(
            StatusCode.Unimplemented, "NOT_SUPPORTED", "Events of the key/value cache are not published here.");

    private static bool IsCancellation(Exception e) =>
        e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled };
}
