using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Cpu;
using Laser.Serve.Model;

namespace Laser.Serve.Benchmarks.Quantization;

/// <summary>A model in one arithmetic, that gives the logits of whole texts; its cache is fp32, so that only linear maps differ.</summary>
internal sealed class ScoredModel : IDisposable
{
    private readonly CpuBackend _backend;
    private readonly DecoderModel _model;
    private readonly KvCache _cache;
    private readonly ForwardBatch _batch;
    private readonly SequenceFault[] _faults = new SequenceFault[1];
    private readonly int[] _blocks;

    public ScoredModel(string name, string folder, CpuOptions options, int window)
    {
        Name = name;
        _backend = new CpuBackend(options);
        _model = DecoderModel.Load(
            folder, _backend, new DecoderModelOptions { MaxTokensPerStep = window, MaxLogitRows = window });
        KvCacheLayout layout = _model.Config.CreateCacheLayout(1, 1) with
        {
            KeyType = DataType.Float32,
            ValueType = DataType.Float32,
        };
        _blocks = [.. Enumerable.Range(0, layout.BlocksFor(window))];
        _cache = _backend.CreateKvCache(layout with { BlockCount = _blocks.Length });
        _batch = new ForwardBatch(window, 1, _blocks.Length);
    }

    public string Name { get; }

    public string Device => _backend.Description;

    public long WeightByteSize => _model.WeightByteSize;

    public ModelConfig Config => _model.Config;

    /// <summary>Logits behind every token of a text from its beginning, row by row.</summary>
    public float[] Logits(ReadOnlySpan<int> tokens)
    {
        _batch.Clear();
        _batch.Add(tokens.ToArray(), 0, _blocks, openSlot: 0, logitCount: tokens.Length);
        _backend.BeginStep(_batch);
        DeviceTensor logits = _model.Forward(_batch, _cache);
        var values = new float[tokens.Length * _model.Config.VocabularySize];
        _backend.Download(logits, tokens.Length, values);
        _backend.EndStep(_faults);
        return _faults[0] == SequenceFault.None ? values : throw new InvalidDataException(_faults[0].ToString());
    }

    public void Dispose()
    {
        _cache.Dispose();
        _model.Dispose();
        _backend.Dispose();
    }
}
