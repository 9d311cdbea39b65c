using Grpc.Core;
using Grpc.Net.Client;
using Laser.Serve.Protocol.OpenInference;
using Laser.Serve.Protocol.Vllm;
using Laser.Serve.V1;
using VllmRequest = Laser.Serve.Protocol.Vllm.GenerateRequest;
using VllmResponse = Laser.Serve.Protocol.Vllm.GenerateResponse;
using VllmSampling = Laser.Serve.Protocol.Vllm.SamplingParams;

namespace Laser.Serve.FunctionalTests.Compatibility;

/// <summary>The same prompt with the same seed gives the same tokens whatever protocol it comes in as.</summary>
public sealed class SameTokensTests(RunningServer server) : IClassFixture<RunningServer>, IDisposable
{
    private const int MaxTokens = 48;

    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(server.GrpcAddress);

    public static TheoryData<string, ulong> Prompts => new()
    {
        { "Once upon a time", 7 },
        { "The king said", 123_456_789 },
        { "", 2_000_000_000 },
    };

    [Theory]
    [MemberData(nameof(Prompts))]
    public async Task ModelInfer_Seeded_GivesTheNativeTextAndTokens(string prompt, ulong seed)
    {
        GeneratedSequence native = await NativeAsync(prompt, seed);

        ModelInferResponse response = await new GRPCInferenceService.GRPCInferenceServiceClient(_channel)
            .ModelInferAsync(Infer.Request(prompt, MaxTokens, seed, "text_output", "output_ids"));

        Assert.Equal(native.Text, response.Text());
        Assert.Equal(native.TokenIds, response.TokenIds());
    }

    [Theory]
    [MemberData(nameof(Prompts))]
    public async Task ModelStreamInfer_Seeded_GivesTheNativeTextAndTokens(string prompt, ulong seed)
    {
        GeneratedSequence native = await NativeAsync(prompt, seed);

        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> call =
            new GRPCInferenceService.GRPCInferenceServiceClient(_channel).ModelStreamInfer();
        await call.RequestStream.WriteAsync(
            Infer.Request(prompt, MaxTokens, seed, "text_output", "output_ids").Streamed());
        await call.RequestStream.CompleteAsync();
        List<ModelStreamInferResponse> responses = await CollectAsync(call.ResponseStream);

        Assert.All(responses, response => Assert.Empty(response.ErrorMessage));
        Assert.Equal(native.Text, string.Concat(responses.Select(response => response.InferResponse.Text())));
        Assert.Equal(native.TokenIds, responses.SelectMany(response => response.InferResponse.TokenIds()));
    }

    [Theory]
    [MemberData(nameof(Prompts))]
    public async Task VllmGenerate_Seeded_GivesTheNativeTokens(string prompt, ulong seed)
    {
        GeneratedSequence native = await NativeAsync(prompt, seed, topP: 1);
        var request = new VllmRequest
        {
            Text = prompt,
            SamplingParams = new VllmSampling { MaxTokens = MaxTokens, Seed = (int)seed },
        };

        VllmResponse whole = Assert.Single(await GenerateAsync(request));
        request.Stream = true;
        List<VllmResponse> streamed = await GenerateAsync(request);

        Assert.Equal(native.TokenIds, whole.Complete.OutputIds);
        Assert.Equal(native.TokenIds, streamed.SkipLast(1).SelectMany(response => response.Chunk.TokenIds));
        Assert.Equal(native.TokenIds, streamed[^1].Complete.OutputIds);
        Assert.Equal(native.Finish.Usage.GeneratedTokens, whole.Complete.CompletionTokens);
    }

    public void Dispose() => _channel.Dispose();

    // The bundled model asks for a top_p below 1. The Open Inference Protocol leaves that to the model, vLLM does not.
    private async Task<GeneratedSequence> NativeAsync(string prompt, ulong seed, float? topP = null)
    {
        var request = new V1.GenerateRequest
        {
            Prompt = prompt,
            MaxTokens = MaxTokens,
            Sampling = new V1.SamplingParams { Temperature = 1, Seed = seed },
        };
        if (topP is { } value)
        {
            request.Sampling.TopP = value;
        }

        return (await server.Client.GenerateOnceAsync(request)).Sequences[0];
    }

    private async Task<List<VllmResponse>> GenerateAsync(VllmRequest request)
    {
        using AsyncServerStreamingCall<VllmResponse> call = new VllmEngine.VllmEngineClient(_channel).Generate(request);
        return await CollectAsync(call.ResponseStream);
    }

    private static async Task<List<T>> CollectAsync<T>(IAsyncStreamReader<T> stream)
    {
        List<T> messages = [];
        while (await stream.MoveNext(CancellationToken.None))
        {
            messages.Add(stream.Current);
        }

        return messages;
    }
}
