using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Model.Checkpoints;
using Laser.Serve.Model.Loading;
using Laser.Serve.Model.Rotary;
using Laser.Serve.Model.Weights;

namespace Laser.Serve.Model;

/// <summary>
/// The language model: token ids in, a score for every possible next token out.
/// <code>
///   x = embedding[token]                              [tokens, hidden]    the residual stream
///   for each layer:
///       x = x + attention(norm(x))                    tokens look back at each other (LASER)
///       x = x + feedForward(norm(x))                  each token by itself
///   logits = norm(x) * head^T                         [logit rows, vocabulary]
/// </code>
/// Written once, in operations of <see cref="IBackend"/>; what differs between devices is below that contract. The rows
/// of a batch may be any mixture of prompts, pieces of prompts and single generated tokens.
/// </summary>
public sealed class DecoderModel : IDisposable
{
    private readonly IBackend _backend;
    private readonly ModelMemory _memory;
    private readonly Activations _activations;
    private readonly DeviceMatrix _embedding;
    private readonly DecoderLayer[] _layers;
    private readonly DeviceTensor _finalNorm;
    private readonly DeviceMatrix _head;
    private readonly DecoderModelOptions _options;

    private DecoderModel(
        IBackend backend, ModelConfig config, ModelWeights weights, DecoderModelOptions options, ModelMemory memory)
    {
        Config = config;
        ContextLength = options.ContextLength ?? config.MaxPositionEmbeddings;
        WeightType = weights.Embedding.Type;
        ParameterCount = weights.All().Sum(tensor => (long)tensor.Rows * tensor.Columns);
        _backend = backend;
        _options = options;
        _memory = memory;
        _activations = new Activations(memory, config, options);

        DeviceTensor rotaryTable = memory.Table(RotaryTable.Create(config.Rotary, ContextLength));
        var context = new DecoderContext(backend, config, rotaryTable, _activations);
        _embedding = memory.Embedding(weights.Embedding);
        _layers = [.. weights.Layers.Select((layer, index) => new DecoderLayer(context, index, layer, memory))];
        _finalNorm = memory.Vector(weights.FinalNorm);
        _head = weights.Head is null ? _embedding : memory.Matrix(weights.Head);
    }

    /// <summary>What the model is.</summary>
    public ModelConfig Config { get; }

    /// <summary>Longest sequence it computes.</summary>
    public int ContextLength { get; }

    /// <summary>Numbers learned in training; a tied head counts once.</summary>
    public long ParameterCount { get; }

    /// <summary>Element type of the checkpoint, by its embedding; others may be mixed in.</summary>
    public DataType WeightType { get; }

    /// <summary>Bytes of the weight matrices on the device.</summary>
    public long WeightByteSize => _memory.MatrixByteSize;

    /// <summary>Loads a checkpoint folder.</summary>
    /// <param name="folder">Holds <c>config.json</c> and the weights.</param>
    /// <param name="backend">Where to compute; the caller keeps it, and disposes it after the model.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="progress">Told of every matrix loaded.</param>
    /// <exception cref="CheckpointException">The checkpoint is broken or not supported.</exception>
    public static DecoderModel Load(
        string folder, IBackend backend, DecoderModelOptions options, IProgress<LoadProgress>? progress = null)
    {
        ModelConfig config = ModelConfig.Load(folder);
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        ModelWeights weights = ModelWeights.From(checkpoint, config);
        if (options.VerifyWeights)
        {
            weights.RequireFinite(folder, progress);
        }

        return Load(config, weights, backend, options, progress);
    }

    /// <summary>Loads weights that are at hand. They are not needed afterwards.</summary>
    /// <param name="config">What the model is.</param>
    /// <param name="weights">Its weights, of the shapes <paramref name="config"/> implies.</param>
    /// <param name="backend">Where to compute; the caller keeps it, and disposes it after the model.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="progress">Told of every matrix loaded.</param>
    public static DecoderModel Load(
        ModelConfig config,
        ModelWeights weights,
        IBackend backend,
        DecoderModelOptions options,
        IProgress<LoadProgress>? progress = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxTokensPerStep, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxLogitRows, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNotEqual(weights.Layers.Count, config.LayerCount, nameof(weights));

        var meter = new LoadMeter(progress, LoadPhase.Loading, weights.ByteSize);
        var memory = new ModelMemory(backend, meter);
        try
        {
            return new DecoderModel(backend, config, weights, options, memory);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Runs the batch through the model, between the caller's <see cref="IBackend.BeginStep"/> and
    /// <see cref="IBackend.EndStep"/>.
    /// </summary>
    /// <param name="batch">The tokens; their keys and values are in the cache afterwards.</param>
    /// <param name="cache">A cache of this model's shape.</param>
    /// <returns>Row i: the logits of <c>batch.LogitRows[i]</c>. Valid until the next call.</returns>
    /// <exception cref="ArgumentException">The batch or the cache does not fit the model.</exception>
    public DeviceTensor Forward(ForwardBatch batch, KvCache cache)
    {
        CheckBatch(batch);
        CheckCache(cache);

        DeviceTensor residual = _activations.Residual;      // [tokens, hidden]
        _backend.Embed(batch, _embedding, residual);
        foreach (DecoderLayer layer in _layers)
        {
            layer.Forward(batch, cache);
        }

        if (batch.LogitRowCount > 0)
        {
            ComputeLogits(batch, residual);
        }

        return _activations.Logits;
    }

    /// <summary>Frees all device memory of the model.</summary>
    public void Dispose() => _memory.Dispose();

    private void ComputeLogits(ForwardBatch batch, DeviceTensor residual)
    {
        int rows = batch.LogitRowCount;
        DeviceTensor input = _activations.LogitInput;       // [logit rows, hidden]
        DeviceTensor logits = _activations.Logits;          // [logit rows, vocabulary]

        // Most rows of a prompt are not asked for; the head, often the largest matrix, sees only those that are.
        _backend.GatherLogitRows(batch, residual, input);
        _backend.RmsNorm(input, rows, _finalNorm, Config.RmsNormEpsilon, input);
        _backend.Linear(input, rows, _head, bias: null, logits);
    }

    // Backends trust their caller; this is the caller.
    private void CheckBatch(ForwardBatch batch)
    {
        if (batch.TokenCount > _options.MaxTokensPerStep || batch.LogitRowCount > _options.MaxLogitRows)
        {
            throw new ArgumentException(
                $"A step of {batch.TokenCount} tokens and {batch.LogitRowCount} rows of logits exceeds the model's "
                + $"{_options.MaxTokensPerStep} and {_options.MaxLogitRows}.",
                nameof(batch));
        }

        foreach (int token in batch.TokenIds)
        {
            if ((uint)token >= (uint)Config.VocabularySize)
            {
                throw new ArgumentException($"Token id {token} is not below {Config.VocabularySize}.", nameof(batch));
            }
        }

        foreach (int length in batch.ContextLengths)
        {
            if (length > ContextLength)
            {
                throw new ArgumentException($"A sequence of {length} tokens exceeds {ContextLength}.", nameof(batch));
            }
        }
    }

    private void CheckCache(KvCache cache)
    {
        if (cache.Layout.Attention != Config.Attention || cache.Layout.LayerCount != Config.LayerCount)
        {
            throw new ArgumentException("The cache was made for another model.", nameof(cache));
        }
    }
}
