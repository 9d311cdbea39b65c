using System.Diagnostics;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Model;

namespace Laser.Serve.Engine.Execution;

/// <summary>Runs a <see cref="DecoderModel"/> with a cache of its own.</summary>
public sealed class ModelRunner : IModelRunner
{
    private readonly DecoderModel _model;
    private readonly IBackend _backend;
    private readonly KvCache _cache;

    internal ModelRunner(DecoderModel model, IBackend backend, KvCache cache)
    {
        _model = model;
        _backend = backend;
        _cache = cache;
    }

    /// <inheritdoc />
    public int VocabularySize => _model.Config.VocabularySize;

    /// <inheritdoc />
    public int MaxContextLength => _model.ContextLength;

    /// <inheritdoc />
    public KvCacheLayout CacheLayout => _cache.Layout;

    /// <inheritdoc />
    public KvCacheStatistics CacheStatistics => _cache.Statistics;

    /// <inheritdoc />
    public int HostThreadCount => _backend.HostThreadCount;

    /// <summary>The sizes a model is to be loaded with for an engine of these options.</summary>
    public static DecoderModelOptions ModelOptions(EngineOptions options) => new()
    {
        MaxTokensPerStep = options.MaxTokensPerStep,
        MaxLogitRows = options.MaxLogitRows,
        ContextLength = options.MaxContextLength,
    };

    /// <summary>Makes the cache that the options ask for.</summary>
    /// <param name="model">
    /// Loaded with <see cref="ModelOptions"/>; the caller keeps it, and disposes it after the runner.
    /// </param>
    /// <param name="backend">The one the model was loaded on; the caller keeps it as well.</param>
    /// <param name="options">Sizes.</param>
    /// <exception cref="ArgumentException">The memory for the cache does not hold one block.</exception>
    /// <exception cref="InsufficientMemoryException">The device has not that much memory.</exception>
    public static ModelRunner Create(DecoderModel model, IBackend backend, EngineOptions options)
    {
        KvCacheLayout layout = model.Config.CreateCacheLayout(blockCount: 1, options.MaxRunningSequences) with
        {
            BlockSize = options.BlockSize,
            KeyType = options.CacheType,
            ValueType = options.CacheType,
        };
        layout = CacheSizing.Fit(backend, layout, CacheBudget.Of(model, backend, layout, options));
        return new ModelRunner(model, backend, backend.CreateKvCache(layout));
    }

    /// <inheritdoc />
    public void Run(ForwardBatch batch, Span<float> logits, Span<SequenceFault> faults)
    {
        _backend.BeginStep(batch);
        try
        {
            DeviceTensor output = _model.Forward(batch, _cache);
            if (batch.LogitRowCount > 0)
            {
                _backend.Download(output, batch.LogitRowCount, logits);
            }
        }
        finally
        {
            _backend.EndStep(faults);
        }
    }

    /// <summary>
    /// Runs a short sequence and forgets it, so that the first request does not wait for code to be compiled. Call it
    /// before the engine starts.
    /// </summary>
    /// <exception cref="InvalidDataException">The model gives numbers that are not finite.</exception>
    public void WarmUp()
    {
        // The compiler optimizes what ran some dozens of times: a large model, whose layers call the same code, is there
        // within a few steps. Positions stay below a block, so that nothing is sealed and counted.
        const int Rounds = 6;
        TimeSpan enough = TimeSpan.FromSeconds(1);
        long start = Stopwatch.GetTimestamp();
        int end = Math.Min(_cache.Layout.BlockSize, MaxContextLength) - 1;
        int[] tokens = new int[Math.Min(8, end)];
        var batch = new ForwardBatch(tokens.Length, maxSequences: 1, maxBlocks: 1);
        Span<SequenceFault> faults = stackalloc SequenceFault[1];
        float[] logits = new float[VocabularySize];
        for (int round = 0; round < Rounds; round++)
        {
            for (int position = 0, count = tokens.Length; position < end; position += count, count = 1)
            {
                if (Stopwatch.GetElapsedTime(start) > enough)
                {
                    break;
                }

                batch.Clear();
                batch.Add(tokens.AsSpan(0, count), position, [0], openSlot: 0, logitCount: 1);
                Run(batch, logits, faults);
            }
        }

        ReleaseBlock(0);
        if (faults[0] != SequenceFault.None || !float.IsFinite(logits[0]))
        {
            throw new InvalidDataException($"The model's output is not finite ({faults[0]}).");
        }
    }

    /// <inheritdoc />
    public void RunOnHost(IHostWork work, int itemCount) => _backend.RunOnHost(work, itemCount);

    /// <inheritdoc />
    public void ReleaseBlock(int block) => _cache.ReleaseBlock(block);

    /// <inheritdoc />
    public int RawPagesOf(int block) => _cache.RawPagesOf(block);

    /// <inheritdoc />
    public void CopyOpenBlock(int fromBlock, int fromSlot, int toBlock, int toSlot) =>
        _cache.CopyOpenBlock(fromBlock, fromSlot, toBlock, toSlot);

    /// <inheritdoc />
    public void Truncate(int block, int slot, int rowCount) => _cache.Truncate(block, slot, rowCount);

    /// <summary>Frees the cache.</summary>
    public void Dispose() => _cache.Dispose();
}
