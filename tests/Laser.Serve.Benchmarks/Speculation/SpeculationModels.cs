using Laser.Serve.Benchmarks.RandomModels;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Cpu;
using Laser.Serve.Engine;
using Laser.Serve.Engine.Execution;
using Laser.Serve.Model;
using Laser.Serve.Model.Rotary;

namespace Laser.Serve.Benchmarks.Speculation;

/// <summary>
/// One model with a runner for each setting: a checkpoint, or random weights of any size. What a step costs depends on
/// the size alone, and in a forced text what is right does not depend on the weights.
/// </summary>
internal sealed class SpeculationModels : IDisposable
{
    private const int HeadDim = 64;
    private const int LayerCount = 12;

    private readonly CpuBackend _backend;
    private readonly DecoderModel _model;

    private SpeculationModels(CpuBackend backend, DecoderModel model, IEnumerable<EngineOptions> options)
    {
        _backend = backend;
        _model = model;
        Runners = [.. options.Select(one => ModelRunner.Create(model, backend, one))];
    }

    public ModelRunner[] Runners { get; }

    public long ParameterCount => _model.ParameterCount;

    public string Device => _backend.Description;

    /// <summary>A checkpoint.</summary>
    public static SpeculationModels Load(string folder, int? threads, EngineOptions[] options)
    {
        var backend = new CpuBackend(new CpuOptions { ThreadCount = threads });
        return new SpeculationModels(backend, DecoderModel.Load(folder, backend, Sizes(options)), options);
    }

    /// <summary>Random bf16 weights, in layers of some width.</summary>
    public static SpeculationModels Random(int width, int vocabularySize, int? threads, EngineOptions[] options)
    {
        var backend = new CpuBackend(new CpuOptions { ThreadCount = threads });
        int heads = width / HeadDim;
        ModelConfig config = new()
        {
            Attention = new LaserAttentionSpec(AttentionVariant.Laser, heads, heads, HeadDim, 0.125f),
            HiddenSize = width,
            IntermediateSize = 3 * width,
            LayerCount = LayerCount,
            VocabularySize = vocabularySize,
            Rotary = new RotarySettings { Dim = HeadDim, OriginalLength = 1024 },
            MaxPositionEmbeddings = 1024,
        };
        return new SpeculationModels(
            backend, DecoderModel.Load(config, RandomWeights.Create(config), backend, Sizes(options)), options);
    }

    public void Dispose()
    {
        Array.ForEach(Runners, static runner => runner.Dispose());
        _model.Dispose();
        _backend.Dispose();
    }

    private static DecoderModelOptions Sizes(EngineOptions[] options) =>
        ModelRunner.ModelOptions(options.MaxBy(one => one.SpeculativeTokens)!);
}
