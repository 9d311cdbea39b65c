using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using Laser.Serve.Cpu;
using Laser.Serve.Engine.Execution;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Telemetry;
using Laser.Serve.Model;
using Laser.Serve.Model.Checkpoints;
using Laser.Serve.Model.Weights;
using Microsoft.Extensions.Logging.Abstractions;

namespace Laser.Serve.Engine.Tests.Fakes;

/// <summary>No fake: an engine over a tiny checkpoint of <c>tests/golden</c> on the CPU, stepped by hand.</summary>
internal sealed class GoldenEngine : IAsyncDisposable
{
    private readonly CpuBackend _backend = new(new CpuOptions { ThreadCount = 1 });
    private readonly Meter _meter = new("golden");
    private readonly DecoderModel _model;
    private readonly ModelRunner _runner;

    public GoldenEngine(string name, EngineOptions options)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "golden", name);
        using (SafetensorsFile expected = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors")))
        {
            Prompt = ReadIds(expected, "prompt");
            Greedy = ReadIds(expected, "greedy");
        }

        using Checkpoint checkpoint = Checkpoint.Open(folder);
        ModelConfig config = ModelConfig.Load(folder);
        _model = DecoderModel.Load(
            config, ModelWeights.From(checkpoint, config), _backend, ModelRunner.ModelOptions(options));
        _runner = ModelRunner.Create(_model, _backend, options);
        Engine = new InferenceEngine(
            _runner,
            new FakeTokenizer(),
            options,
            NullLogger<InferenceEngine>.Instance,
            new ManualTimeProvider(),
            new EngineMetrics(_meter));
    }

    public InferenceEngine Engine { get; }

    /// <summary>A prompt.</summary>
    public int[] Prompt { get; }

    /// <summary>How the checkpoint goes on from it.</summary>
    public int[] Greedy { get; }

    /// <summary>Where the engine counts.</summary>
    public Meter Meter => _meter;

    public long CacheTokens => _runner.CacheLayout.TokenCapacity;

    public int RawPageCount => _runner.CacheLayout.RawPageCount;

    public bool Step() => Engine.Loop.Step();

    /// <summary>Submits a request at once and reads its sequences to their end.</summary>
    public async Task<Generation[]> Generate(GenerationRequest request)
    {
        GenerationBuilder[] builders =
            [.. Enumerable.Range(0, request.SequenceCount).Select(_ => new GenerationBuilder(request))];
        await foreach (TokenOutput output in Engine.GenerateAsync(request, CancellationToken.None))
        {
            builders[output.Index].Add(output);
        }

        return [.. builders.Select(builder => builder.Build())];
    }

    /// <summary>Submits a request, steps until nothing is left to do, and reads.</summary>
    public async Task<Generation[]> GenerateByHand(GenerationRequest request)
    {
        Task<Generation[]> generations = Generate(request);
        while (Step())
        {
        }

        return await generations;
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        _runner.Dispose();
        _model.Dispose();
        _backend.Dispose();
        _meter.Dispose();
    }

    private static int[] ReadIds(SafetensorsFile file, string name)
    {
        TensorEntry tensor = file.Tensors[name];
        ReadOnlySpan<byte> bytes = file.Bytes(tensor, 0, (int)tensor.ByteSize);
        return [.. MemoryMarshal.Cast<byte, long>(bytes).ToArray().Select(id => (int)id)];
    }
}
