using Grpc.Core;
using Grpc.Net.Client;
using Laser.Serve.Engine.Output;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sequences;
using Laser.Serve.Hosting;
using Laser.Serve.V1;
using EngineSampling = Laser.Serve.Engine.Requests.SamplingParams;

namespace Laser.Serve.Benchmarks.Overhead;

/// <summary>The same eight generations, with more and more of what is around the engine.</summary>
internal sealed class OverheadRun(ServedModel model, Uri server, int tokensPerStream)
{
    public const int StreamCount = 8;

    private const int PromptLength = 16;
    private const float Temperature = 0.8f;
    private const float TopP = 0.95f;

    /// <summary>What is measured, each on top of the one before it.</summary>
    public IReadOnlyList<(string Name, Func<Task<double>> Measure)> Stages =>
    [
        ("engine, likeliest token", () => MeasureAsync((rate, i) => TakeTokensAsync(rate, i, Request(i, false)))),
        ("token drawn", () => MeasureAsync((rate, i) => TakeTokensAsync(rate, i, Request(i, true)))),
        ("text made", () => MeasureAsync((rate, i) => TakeTextAsync(rate, i, Request(i, true)))),
        ("over gRPC, client included", MeasureOverGrpcAsync),
    ];

    private async Task<double> MeasureAsync(Func<TokenRate, int, Task> run)
    {
        var rate = new TokenRate(StreamCount, tokensPerStream);
        await Task.WhenAll(Enumerable.Range(0, StreamCount).Select(i => Task.Run(() => run(rate, i))));
        return rate.PerSecond;
    }

    // As a stream of the engine's is read, but nothing made of it.
    private async Task TakeTokensAsync(TokenRate rate, int stream, GenerationRequest request)
    {
        SequenceGroup group = model.Engine.Engines.Single().Submit(request, new StopStrings([]));
        while (await group.Output.WaitToReadAsync())
        {
            while (group.Output.TryRead(out SequenceOutput output))
            {
                rate.Add(stream, output.Summary is null ? 1 : 0);
            }
        }
    }

    private async Task TakeTextAsync(TokenRate rate, int stream, GenerationRequest request)
    {
        await foreach (TokenOutput output in model.Engine.GenerateAsync(request, CancellationToken.None))
        {
            rate.Add(stream, output.TokenIds.Count);
        }
    }

    private async Task<double> MeasureOverGrpcAsync()
    {
        using GrpcChannel channel = GrpcChannel.ForAddress(server);
        var client = new Generation.GenerationClient(channel);
        return await MeasureAsync(async (rate, stream) =>
        {
            using AsyncServerStreamingCall<GenerateResponse> call = client.Generate(Message(stream));
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                rate.Add(stream, call.ResponseStream.Current.TokenIds.Count);
            }
        });
    }

    private GenerationRequest Request(int stream, bool drawn) => new()
    {
        Id = $"{stream}",
        PromptTokenIds = [.. Prompt(stream).Select(id => (int)id)],
        MaxTokens = tokensPerStream,
        Sampling = drawn
            ? new EngineSampling { Temperature = Temperature, TopP = TopP, Seed = (ulong)stream }
            : new EngineSampling { Temperature = 0 },
    };

    private GenerateRequest Message(int stream) => new()
    {
        PromptTokenIds = new TokenIds { Ids = { Prompt(stream) } },
        MaxTokens = (uint)tokensPerStream,
        Sampling = new V1.SamplingParams { Temperature = Temperature, TopP = TopP, Seed = (ulong)stream },
        Stop = new StopParams { IgnoreEos = true },
    };

    private uint[] Prompt(int stream)
    {
        var random = new Random(stream);
        return [.. Enumerable.Range(0, PromptLength).Select(_ => (uint)random.Next(model.Config.VocabularySize))];
    }
}
