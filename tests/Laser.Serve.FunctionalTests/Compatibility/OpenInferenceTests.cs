using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Laser.Serve.Protocol.OpenInference;

namespace Laser.Serve.FunctionalTests.Compatibility;

/// <summary>The unary calls of the Open Inference Protocol.</summary>
public sealed class OpenInferenceTests : IClassFixture<RunningServer>, IDisposable
{
    private const string Model = "laser-tales-3m";

    private readonly RunningServer _server;
    private readonly GrpcChannel _channel;
    private readonly GRPCInferenceService.GRPCInferenceServiceClient _client;

    public OpenInferenceTests(RunningServer server)
    {
        _server = server;
        _channel = GrpcChannel.ForAddress(server.GrpcAddress);
        _client = new GRPCInferenceService.GRPCInferenceServiceClient(_channel);
    }

    [Fact]
    public async Task Probes_Loaded_SayYes()
    {
        Assert.True((await _client.ServerLiveAsync(new ServerLiveRequest())).Live);
        Assert.True((await _client.ServerReadyAsync(new ServerReadyRequest())).Ready);
        Assert.Equal("laser-serve", (await _client.ServerMetadataAsync(new ServerMetadataRequest())).Name);
    }

    [Theory]
    [InlineData(Model, "", true)]
    [InlineData(Model, "1", true)]
    [InlineData(Model, "2", false)]
    [InlineData("other", "", false)]
    public async Task ModelReady_NameAndVersion_IsTrueForWhatIsServed(string name, string version, bool ready)
    {
        ModelReadyResponse response =
            await _client.ModelReadyAsync(new ModelReadyRequest { Name = name, Version = version });

        Assert.Equal(ready, response.Ready);
    }

    [Fact]
    public async Task ModelMetadata_Served_TellsTensorsAndModel()
    {
        ModelMetadataResponse metadata = await _client.ModelMetadataAsync(new ModelMetadataRequest { Name = Model });

        Assert.Equal(["1"], metadata.Versions);
        Assert.Equal("laser", metadata.Properties["attention_variant"]);
        Assert.Equal(
            [("text_input", "BYTES", 1L), ("input_ids", "INT32", -1L)],
            metadata.Inputs.Take(2).Select(tensor => (tensor.Name, tensor.Datatype, tensor.Shape.Single())));
        Assert.Contains(metadata.Outputs, tensor => tensor is { Name: "text_output", Datatype: "BYTES" });
    }

    [Fact]
    public async Task ModelConfig_Served_IsDecoupledAndNeedsTheTextAlone()
    {
        ModelConfigResponse response = await _client.ModelConfigAsync(new ModelConfigRequest { Name = Model });

        Assert.True(response.Config.ModelTransactionPolicy.Decoupled);
        Assert.Equal(0, response.Config.MaxBatchSize);
        Assert.Equal(["text_input"], response.Config.Input.Where(input => !input.Optional).Select(input => input.Name));
    }

    [Fact]
    public async Task RepositoryIndex_Loaded_HasTheModel()
    {
        RepositoryIndexResponse index = await _client.RepositoryIndexAsync(new RepositoryIndexRequest { Ready = true });
        RpcException other = await Assert.ThrowsAsync<RpcException>(
            async () => await _client.RepositoryIndexAsync(new RepositoryIndexRequest { RepositoryName = "other" }));

        RepositoryIndexResponse.Types.ModelIndex model = Assert.Single(index.Models);
        Assert.Equal((Model, "1", "READY"), (model.Name, model.Version, model.State));
        Assert.Equal(StatusCode.NotFound, other.StatusCode);
    }

    [Fact]
    public async Task ModelInfer_Raw_IsTheTypedAnswerInRawBytes()
    {
        ModelInferRequest typed =
            Infer.Request("The king", 12, 3, "text_output", "output_ids", "finish_reason", "seed");
        ModelInferRequest raw = typed.Clone();
        foreach (ModelInferRequest.Types.InferInputTensor tensor in raw.Inputs)
        {
            tensor.Contents = null;
        }

        raw.RawInputContents.Add(ByteString.CopyFrom([8, 0, 0, 0, .. "The king"u8]));
        raw.RawInputContents.Add(ByteString.CopyFrom(BitConverter.GetBytes(12)));
        raw.RawInputContents.Add(ByteString.CopyFrom(BitConverter.GetBytes(1f)));
        raw.RawInputContents.Add(ByteString.CopyFrom(BitConverter.GetBytes(3UL)));

        ModelInferResponse typedAnswer = await _client.ModelInferAsync(typed);
        ModelInferResponse rawAnswer = await _client.ModelInferAsync(raw);

        byte[] text = [.. typedAnswer.Output("text_output").Contents.BytesContents[0]];
        Assert.Equal([.. BitConverter.GetBytes(text.Length), .. text], rawAnswer.RawOutputContents[0].ToByteArray());
        Assert.Equal(
            typedAnswer.TokenIds().SelectMany(BitConverter.GetBytes), rawAnswer.RawOutputContents[1].ToByteArray());
        Assert.Equal([6, 0, 0, 0, .. "length"u8], rawAnswer.RawOutputContents[2].ToByteArray());
        Assert.Equal(BitConverter.GetBytes(3UL), rawAnswer.RawOutputContents[3].ToByteArray());
        Assert.All(rawAnswer.Outputs, output => Assert.Null(output.Contents));
        Assert.Equal(typed.Id, rawAnswer.Id);
    }

    [Fact]
    public async Task ModelInfer_ParametersAndTokenIds_AreTheTensorsInAnotherPlace()
    {
        ModelInferRequest tensors = Infer.Request("The king", 12, 3);
        IReadOnlyList<int> ids = _server.Model.EncodePrompt("The king");
        var parameters = new ModelInferRequest
        {
            ModelName = Model,
            Inputs =
            {
                Infer.Tensor(
                    "input_ids",
                    "INT64",
                    new InferTensorContents { Int64Contents = { ids.Select(id => (long)id) } },
                    1,
                    ids.Count),
            },
            Parameters =
            {
                ["max_tokens"] = new InferParameter { Int64Param = 12 },
                ["temperature"] = new InferParameter { DoubleParam = 1 },
                ["seed"] = new InferParameter { Uint64Param = 3 },
            },
        };

        ModelInferResponse first = await _client.ModelInferAsync(tensors);
        ModelInferResponse second = await _client.ModelInferAsync(parameters);

        Assert.Equal(first.Text(), second.Text());
    }

    [Fact]
    public async Task ModelInfer_StopWords_EndTheTextBeforeThem()
    {
        string whole = (await _client.ModelInferAsync(Infer.Request("Once upon a time", 40, 5))).Text();
        string stop = whole.Substring(20, 6);
        ModelInferRequest request = Infer.Request("Once upon a time", 40, 5, "text_output", "finish_reason");
        request.Inputs.Add(Infer.Tensor("stop_words", "BYTES", Infer.Texts("\0never", stop), 1, 2));

        ModelInferResponse response = await _client.ModelInferAsync(request);

        Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], response.Text());
        Assert.Equal("stop", response.Output("finish_reason").Contents.BytesContents[0].ToStringUtf8());
    }

    public static TheoryData<string, Action<ModelInferRequest>, StatusCode, string> BadRequests => new()
    {
        { "model", r => r.ModelName = "other", StatusCode.NotFound, "other" },
        { "version", r => r.ModelVersion = "2", StatusCode.NotFound, "'2'" },
        { "range", r => r.Inputs[2].Contents.Fp32Contents[0] = -1, StatusCode.InvalidArgument, "inputs[temperature]" },
        {
            "range of a parameter",
            r => r.Parameters["top_p"] = new InferParameter { DoubleParam = 2 },
            StatusCode.InvalidArgument,
            "parameters[top_p]"
        },
        { "room", r => r.Inputs[1].Contents.IntContents[0] = 5000, StatusCode.InvalidArgument, "inputs[max_tokens]" },
        { "stream", r => r.Streamed(), StatusCode.InvalidArgument, "inputs[stream]" },
    };

    [Theory]
    [MemberData(nameof(BadRequests))]
    public async Task ModelInfer_BadRequest_IsRefusedInTheCallersWords(
        string what, Action<ModelInferRequest> spoil, StatusCode code, string named)
    {
        ModelInferRequest request = Infer.Request("The king", 4, 1);
        spoil(request);

        RpcException e = await Assert.ThrowsAsync<RpcException>(async () => await _client.ModelInferAsync(request));

        Assert.True(code == e.StatusCode, $"{what}: {e.Status}");
        Assert.Contains(named, e.Status.Detail);
        if (code == StatusCode.InvalidArgument)
        {
            Google.Rpc.Status details =
                Google.Rpc.Status.Parser.ParseFrom(e.Trailers.GetValueBytes("grpc-status-details-bin"));
            BadRequest badRequest = details.Details.Single(d => d.Is(BadRequest.Descriptor)).Unpack<BadRequest>();
            Assert.StartsWith(named, badRequest.FieldViolations.Single().Field);
        }
    }

    public void Dispose() => _channel.Dispose();
}
