using Laser.Serve.Benchmarks.RandomModels;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Cpu;
using Laser.Serve.Engine;
using Laser.Serve.Engine.Execution;
using Laser.Serve.Model;
using Laser.Serve.Model.Rotary;

namespace Laser.Serve.Benchmarks.Scheduling;

/// <summary>
/// A LASER model of 26 million random weights with 8192 positions, on the CPU. Its texts say nothing and take as long
/// as any.
/// </summary>
internal sealed class RandomModel : IDisposable
{
    public const int ContextLength = 8192;
    public const int VocabularySize = 4096;

    private const int Hidden = 512;
    private const int Intermediate = 1408;
    private const int LayerCount = 8;
    private const int Heads = 8;
    private const int KvHeads = 4;
    private const int HeadDim = 64;

    private readonly CpuBackend _backend = new(new CpuOptions());
    private readonly DecoderModel _model;

    /// <summary>Makes the model, with room for steps of the given size.</summary>
    public RandomModel(int maxTokensPerStep)
    {
        var config = new ModelConfig
        {
            Attention = new LaserAttentionSpec(
                AttentionVariant.Laser, Heads, KvHeads, HeadDim, Scale: 1 / MathF.Sqrt(HeadDim)),
            HiddenSize = Hidden,
            IntermediateSize = Intermediate,
            LayerCount = LayerCount,
            VocabularySize = VocabularySize,
            Rotary = new RotarySettings { Dim = HeadDim, OriginalLength = ContextLength },
            MaxPositionEmbeddings = ContextLength,
            TieWordEmbeddings = true,
        };
        var options = new EngineOptions { MaxTokensPerStep = maxTokensPerStep };
        _model = DecoderModel.Load(config, RandomWeights.Create(config), _backend, ModelRunner.ModelOptions(options));
    }

    public string Description => $"{_model.ParameterCount / 1e6:0} M random weights, {_backend.Description}";

    /// <summary>A runner with a cache of its own; to be disposed before the model.</summary>
    public ModelRunner CreateRunner(EngineOptions options)
    {
        ModelRunner runner = ModelRunner.Create(_model, _backend, options);
        runner.WarmUp();
        return runner;
    }

    public void Dispose()
    {
        _model.Dispose();
        _backend.Dispose();
    }
}
