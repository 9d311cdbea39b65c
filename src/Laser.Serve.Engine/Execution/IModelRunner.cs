using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Engine.Cache;

namespace Laser.Serve.Engine.Execution;

/// <summary>One forward pass. The engine's only view of a model; tests put a fake in its place.</summary>
public interface IModelRunner : IBlockContent, IDisposable
{
    /// <summary>Logits per row.</summary>
    int VocabularySize { get; }

    /// <summary>Positions the model has: prompt and generated tokens of a sequence together.</summary>
    int MaxContextLength { get; }

    /// <summary>Shape of the cache the runner writes.</summary>
    KvCacheLayout CacheLayout { get; }

    /// <summary>What the value cache met so far.</summary>
    KvCacheStatistics CacheStatistics { get; }

    /// <inheritdoc cref="IBackend.HostThreadCount"/>
    int HostThreadCount { get; }

    /// <summary>Runs a batch: its keys and values are in the cache afterwards.</summary>
    /// <param name="batch">The step.</param>
    /// <param name="logits">Receives <c>[batch.LogitRowCount, VocabularySize]</c>.</param>
    /// <param name="faults">Receives one entry per sequence of the batch.</param>
    void Run(ForwardBatch batch, Span<float> logits, Span<SequenceFault> faults);

    /// <inheritdoc cref="IBackend.RunOnHost"/>
    void RunOnHost(IHostWork work, int itemCount);

    /// <inheritdoc cref="KvCache.CopyOpenBlock"/>
    void CopyOpenBlock(int fromBlock, int fromSlot, int toBlock, int toSlot);

    /// <inheritdoc cref="KvCache.Truncate"/>
    void Truncate(int block, int slot, int rowCount);
}
