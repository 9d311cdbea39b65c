using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Cpu;
using Laser.Serve.Engine;
using Laser.Serve.Engine.Execution;
using Laser.Serve.Model;
using Laser.Serve.Model.Rotary;
using Laser.Serve.Model.Weights;

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

    /// <summary>Random weights, fp32, in layers of some width.</summary>
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
            backend, DecoderModel.Load(config, Weights(config), backend, Sizes(options)), options);
    }

    public void Dispose()
    {
        Array.ForEach(Runners, static runner => runner.Dispose());
        _model.Dispose();
        _backend.Dispose();
    }

    private static DecoderModelOptions Sizes(EngineOptions[] options) =>
        ModelRunner.ModelOptions(options.MaxBy(one => one.SpeculativeTokens)!);

    private static ModelWeights Weights(ModelConfig config)
    {
        var random = new Random(1);
        int width = config.HiddenSize;
        return new ModelWeights
        {
            Embedding = Tensor(random, config.VocabularySize, width),
            FinalNorm = Norm(width),
            Layers = [.. Enumerable.Range(0, config.LayerCount).Select(_ => new LayerWeights
            {
                InputNorm = Norm(width),
                Query = Square(),
                Key = Square(),
                Value = Square(),
                Output = Square(),
                PostAttentionNorm = Norm(width),
                Gate = new LinearWeights(Tensor(random, config.IntermediateSize, width)),
                Up = new LinearWeights(Tensor(random, config.IntermediateSize, width)),
                Down = new LinearWeights(Tensor(random, width, config.IntermediateSize)),
            })],
        };

        LinearWeights Square() => new(Tensor(random, width, width));
    }

    private static ArrayTensor Norm(int width) => new("norm", [.. Enumerable.Repeat(1f, width)], 1, width);

    private static ArrayTensor Tensor(Random random, int rows, int columns)
    {
        var values = new float[rows * columns];
        foreach (ref float value in values.AsSpan())
        {
            value = (random.NextSingle() - 0.5f) * 2 / MathF.Sqrt(columns);
        }

        return new ArrayTensor("weight", values, rows, columns);
    }
}
