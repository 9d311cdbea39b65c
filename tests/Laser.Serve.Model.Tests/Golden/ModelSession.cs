using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Model.Checkpoints;
using Laser.Serve.Model.Weights;

namespace Laser.Serve.Model.Tests.Golden;

/// <summary>A model, with an fp32 cache unless told otherwise, driven step by step; every sequence has blocks of its own.</summary>
internal sealed class ModelSession : IDisposable
{
    private readonly IBackend _backend;
    private readonly DecoderModel _model;
    private readonly KvCache _cache;
    private readonly ForwardBatch _batch;
    private readonly SequenceFault[] _faults;
    private readonly int[] _lengths;
    private readonly int _blocksPerSequence;

    public ModelSession(
        string folder,
        ModelConfig config,
        int sequences,
        int maxTokensPerStep,
        IBackend? backend = null,
        DataType cacheType = DataType.Float32)
    {
        _backend = backend ?? TestBackends.Create();
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        _model = DecoderModel.Load(
            config,
            ModelWeights.From(checkpoint, config),
            _backend,
            new DecoderModelOptions { MaxTokensPerStep = maxTokensPerStep, MaxLogitRows = maxTokensPerStep });

        KvCacheLayout layout = config.CreateCacheLayout(0, sequences) with
        {
            KeyType = cacheType,
            ValueType = cacheType,
        };
        _blocksPerSequence = layout.BlocksFor(_model.ContextLength);
        layout = layout with { BlockCount = sequences * _blocksPerSequence };
        _cache = _backend.CreateKvCache(layout);
        _batch = new ForwardBatch(maxTokensPerStep, sequences, layout.BlockCount);
        _faults = new SequenceFault[sequences];
        _lengths = new int[sequences];
    }

    /// <summary>Tokens of all sequences.</summary>
    public int TokenCount => _lengths.Sum();

    /// <summary>Tokens of a sequence that are in the cache.</summary>
    public int LengthOf(int sequence) => _lengths[sequence];

    /// <summary>Computes the next tokens of some sequences; gives the logits of every row.</summary>
    public float[] Step(params ReadOnlySpan<(int Sequence, int[] Tokens)> parts)
    {
        _batch.Clear();
        foreach ((int sequence, int[] tokens) in parts)
        {
            // Neighbouring positions lie in distant blocks, and those of different sequences between them.
            int[] blocks = new int[_blocksPerSequence];
            for (int i = 0; i < blocks.Length; i++)
            {
                blocks[i] = (i * _lengths.Length) + sequence;
            }

            _batch.Add(tokens, _lengths[sequence], blocks, openSlot: sequence, logitCount: tokens.Length);
            _lengths[sequence] += tokens.Length;
        }

        _backend.BeginStep(_batch);
        DeviceTensor logits = _model.Forward(_batch, _cache);
        var values = new float[_batch.LogitRowCount * _model.Config.VocabularySize];
        _backend.Download(logits, _batch.LogitRowCount, values);
        _backend.EndStep(_faults);
        Assert.All(_faults.Take(parts.Length), fault => Assert.Equal(SequenceFault.None, fault));
        return values;
    }

    public void Dispose()
    {
        _cache.Dispose();
        _model.Dispose();
        _backend.Dispose();
    }
}
