using Laser.Serve.Compute.Attention;
using Laser.Serve.Engine.Balancing;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Model;
using Laser.Serve.StructuredOutput;
using Laser.Serve.Tokenization;

namespace Laser.Serve.Hosting;

/// <summary>A loaded model with its engine: what the services need to know of it.</summary>
public sealed class ServedModel : IAsyncDisposable
{
    private readonly LoadedEngine[] _loaded;

    internal ServedModel(IReadOnlyList<LoadedEngine> loaded)
    {
        _loaded = [.. loaded];
        Engine = new EngineGroup([.. loaded.Select(one => one.Engine)]);
    }

    /// <summary>Name that clients use.</summary>
    public required string Name { get; init; }

    /// <summary>Folder of the checkpoint, as a full path.</summary>
    public required string Folder { get; init; }

    /// <summary>What the checkpoint says.</summary>
    public required ModelConfig Config { get; init; }

    /// <summary>Text to tokens and back.</summary>
    public required ITokenizer Tokenizer { get; init; }

    /// <summary>Compiles what texts must look like.</summary>
    public required ConstraintCompiler Constraints { get; init; }

    /// <summary>The engines, as one.</summary>
    public EngineGroup Engine { get; }

    /// <summary>Sampling where a request says nothing, from <c>generation_config.json</c>.</summary>
    public required SamplingParams SamplingDefaults { get; init; }

    /// <summary>Tokens that end a text.</summary>
    public required IReadOnlyList<int> EndOfSequenceIds { get; init; }

    /// <summary>Most sequences that one request can ask for.</summary>
    public required int MaxSequencesPerRequest { get; init; }

    /// <summary>Shape of the key/value cache on the first device; others may have fewer blocks or more.</summary>
    public required KvCacheLayout CacheLayout { get; init; }

    /// <summary>Tokens that the caches of all devices hold.</summary>
    public long CacheTokenCapacity => _loaded.Sum(one => (long)one.Model.Runner.CacheLayout.TokenCapacity);

    /// <summary>Blocks that they have.</summary>
    public int CacheBlockCount => _loaded.Sum(one => one.Model.Runner.CacheLayout.BlockCount);

    /// <summary>Weights, in numbers.</summary>
    public required long ParameterCount { get; init; }

    /// <summary>Bytes of the weight matrices on all devices.</summary>
    public required long WeightByteSize { get; init; }

    /// <summary>Storage of the weights, for people.</summary>
    public required string WeightType { get; init; }

    /// <summary>Devices and instruction sets, for people.</summary>
    public required string Device { get; init; }

    /// <summary>Longest sequence, prompt and generated tokens together.</summary>
    public int ContextLength => Engine.MaxSequenceLength;

    /// <summary>One more than the largest token id the model knows.</summary>
    public int VocabularySize => Config.VocabularySize;

    /// <summary>Tokens of a prompt, begin-of-sequence added as the checkpoint says.</summary>
    /// <remarks>
    /// An empty prompt, or one of a tokenizer that adds nothing itself, starts with the begin-of-sequence token if the
    /// model has one: that is how such models are trained.
    /// </remarks>
    public IReadOnlyList<int> EncodePrompt(string text)
    {
        IReadOnlyList<int> ids = Tokenizer.Encode(text);
        return Config.BosTokenId is { } bos && (ids.Count == 0 || ids[0] != bos) ? [bos, .. ids] : ids;
    }

    /// <summary>The model as a message.</summary>
    internal V1.Model Describe()
    {
        LaserAttentionSpec attention = CacheLayout.Attention;
        var model = new V1.Model
        {
            Name = Name,
            AttentionVariant = attention.Variant == AttentionVariant.Laser ? "laser" : "softmax",
            ContextLength = (uint)ContextLength,
            VocabularySize = (uint)VocabularySize,
            ParameterCount = (ulong)ParameterCount,
            Layers = (uint)CacheLayout.LayerCount,
            HiddenSize = (uint)Config.HiddenSize,
            Heads = (uint)attention.Heads,
            KvHeads = (uint)attention.KvHeads,
            HeadDim = (uint)attention.HeadDim,
            WeightType = WeightType,
            ValueCacheType = CacheLayout.ValueType.ToString().ToLowerInvariant(),
            Device = Device,
            CacheTokenCapacity = (ulong)CacheTokenCapacity,
            DefaultTemperature = SamplingDefaults.Temperature,
            DefaultTopK = (uint)SamplingDefaults.TopK,
            DefaultTopP = SamplingDefaults.TopP,
        };
        if (Config.BosTokenId is { } bos)
        {
            model.BeginOfSequenceId = (uint)bos;
        }

        model.EndOfSequenceIds.AddRange(EndOfSequenceIds.Select(id => (uint)id));
        return model;
    }

    /// <summary>Stops the engines and frees weights and caches.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (LoadedEngine loaded in _loaded)
        {
            await loaded.DisposeAsync();
        }
    }

    /// <summary>What an engine runs on.</summary>
    internal ModelOptions DeviceOf(int index) => _loaded[index].Device;

    /// <summary>Frees weights and cache of an engine that has ended, so that there is room to load them again.</summary>
    internal ValueTask FreeAsync(int index) => _loaded[index].DisposeAsync();

    /// <summary>Puts a new engine in the place of the one that was freed.</summary>
    internal void Replace(int index, LoadedEngine loaded)
    {
        _loaded[index] = loaded;
        Engine.Replace(index, loaded.Engine);
    }
}
