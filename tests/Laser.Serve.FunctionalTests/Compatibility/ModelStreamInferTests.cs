using Grpc.Core;
using Grpc.Net.Client;
using Laser.Serve.Protocol.OpenInference;
using InferCall = Grpc.Core.AsyncDuplexStreamingCall<
    Laser.Serve.Protocol.OpenInference.ModelInferRequest, Laser.Serve.Protocol.OpenInference.ModelStreamInferResponse>;

namespace Laser.Serve.FunctionalTests.Compatibility;

/// <summary>Triton's stream: many requests on one call.</summary>
public sealed class ModelStreamInferTests : IClassFixture<RunningServer>, IDisposable
{
    private const string Final = "triton_final_response";

    private readonly RunningServer _server;
    private readonly GrpcChannel _channel;
    private readonly GRPCInferenceService.GRPCInferenceServiceClient _client;

    public ModelStreamInferTests(RunningServer server)
    {
        _server = server;
        _channel = GrpcChannel.ForAddress(server.GrpcAddress);
        _client = new GRPCInferenceService.GRPCInferenceServiceClient(_channel);
    }

    [Fact]
    public async Task Requests_OnOneStream_RunTogetherAndKeepTheirIds()
    {
        ModelInferRequest[] requests =
        [
            .. Enumerable.Range(0, 8)
                .Select(i => Infer.Request("Once upon a time", 100, (ulong)i, "output_ids").Streamed()),
        ];

        List<ModelStreamInferResponse> responses = await AnswersAsync(requests);

        string[] order = [.. responses.Select(response => response.InferResponse.Id)];
        Assert.Equal(8, order.Distinct().Count());
        Assert.True(order.Zip(order.Skip(1)).Count(pair => pair.First != pair.Second) > 8, "They ran one after another.");
        foreach (ModelInferRequest request in requests)
        {
            ModelInferResponse[] own =
                [.. responses.Select(response => response.InferResponse).Where(response => response.Id == request.Id)];
            Assert.All(own.SkipLast(1), response => Assert.False(response.Parameters[Final].BoolParam));
            Assert.True(own[^1].Parameters[Final].BoolParam);
        }
    }

    [Fact]
    public async Task Request_WithoutStream_HasOneAnswer()
    {
        ModelStreamInferResponse response =
            Assert.Single(await AnswersAsync(Infer.Request("The king", 20, 1, "output_ids", "finish_reason")));

        Assert.Equal(20, response.InferResponse.TokenIds().Count());
        Assert.Equal("length", response.InferResponse.Output("finish_reason").Contents.BytesContents[0].ToStringUtf8());
        Assert.True(response.InferResponse.Parameters[Final].BoolParam);
    }

    [Fact]
    public async Task Request_ThatWantsAnEmptyFinal_GetsItLast()
    {
        ModelInferRequest request = Infer.Request("The king", 5, 1).Streamed();
        request.Parameters["triton_enable_empty_final_response"] = new InferParameter { BoolParam = true };

        List<ModelStreamInferResponse> responses = await AnswersAsync(request);

        Assert.All(responses.SkipLast(1), response => Assert.False(response.InferResponse.Parameters[Final].BoolParam));
        Assert.True(responses[^1].InferResponse.Parameters[Final].BoolParam);
        Assert.Empty(responses[^1].InferResponse.Outputs);
        Assert.Equal(request.Id, responses[^1].InferResponse.Id);
    }

    [Fact]
    public async Task BadRequest_AmongGoodOnes_FailsAlone()
    {
        ModelInferRequest bad = Infer.Request("The king", 0, 1);
        bad.Id = "bad";

        List<ModelStreamInferResponse> responses =
            await AnswersAsync(Infer.Request("The king", 5, 1), bad, Infer.Request("The king", 5, 2));

        ModelStreamInferResponse failed = Assert.Single(responses, response => response.ErrorMessage.Length > 0);
        Assert.StartsWith("inputs[max_tokens] is 0;", failed.ErrorMessage);
        Assert.Equal("bad", failed.InferResponse.Id);
        Assert.Equal(3, responses.Count);
    }

    [Fact]
    public async Task BadRequest_WhereStatusIsAskedFor_EndsTheCallWithIt()
    {
        using InferCall call = _client.ModelStreamInfer(new Metadata { { "triton_grpc_error", "true" } });
        await call.RequestStream.WriteAsync(Infer.Request("Once upon a time", 900, 1).Streamed());
        await call.RequestStream.WriteAsync(Infer.Request("The king", 0, 1));

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => CollectAsync(call));

        Assert.Equal(StatusCode.InvalidArgument, e.StatusCode);
        Assert.Contains("inputs[max_tokens]", e.Status.Detail);
        await _server.WhenIdleAsync();
    }

    [Fact]
    public async Task Cancelled_FreesWhatAllItsRequestsHold()
    {
        using (InferCall call = _client.ModelStreamInfer())
        {
            for (ulong seed = 0; seed < 4; seed++)
            {
                await call.RequestStream.WriteAsync(Infer.Request("Once upon a time", 900, seed).Streamed());
            }

            await call.ResponseStream.MoveNext(CancellationToken.None);
        }

        await _server.WhenIdleAsync();
        Assert.Equal(0, _server.Engine.Snapshot.UsedBlockCount);
    }

    [Fact]
    public async Task HalfClosed_WithoutRequests_EndsAtOnce() => Assert.Empty(await AnswersAsync());

    public void Dispose() => _channel.Dispose();

    private async Task<List<ModelStreamInferResponse>> AnswersAsync(params ModelInferRequest[] requests)
    {
        using InferCall call = _client.ModelStreamInfer();
        foreach (ModelInferRequest request in requests)
        {
            await call.RequestStream.WriteAsync(request);
        }

        await call.RequestStream.CompleteAsync();
        return await CollectAsync(call);
    }

    private static async Task<List<ModelStreamInferResponse>> CollectAsync(InferCall call)
    {
        List<ModelStreamInferResponse> responses = [];
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            responses.Add(call.ResponseStream.Current);
        }

        return responses;
    }
}
