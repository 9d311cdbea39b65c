using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Model;

namespace Laser.Serve.Engine.Execution;

/// <summary>How much memory the cache gets.</summary>
internal static class CacheBudget
{
    private const long OnHost = 256L << 20;

    // The rest is for what only shows with time, such as graphs of steps.
    private const double ShareOfWhatIsLeft = 0.9;

    /// <summary>Bytes for blocks and raw pages: what the options say, or what the device has left.</summary>
    /// <param name="model">The loaded model.</param>
    /// <param name="backend">Where it is.</param>
    /// <param name="layout">The cache but for its block count.</param>
    /// <param name="options">Sizes.</param>
    public static long Of(DecoderModel model, IBackend backend, KvCacheLayout layout, EngineOptions options)
    {
        if (options.KvCacheMebibytes is int mebibytes)
        {
            return (long)mebibytes << 20;
        }

        return backend.FreeMemory is null
            ? OnHost
            : (long)(ShareOfWhatIsLeft * MeasureLeft(model, backend, layout, options));
    }

    // Runs the largest step there can be over a cache just large enough: whatever a device takes when it first needs it is taken then,
    // and so are the open blocks of all sequences.
    private static long MeasureLeft(DecoderModel model, IBackend backend, KvCacheLayout layout, EngineOptions options)
    {
        int longest = Math.Min(model.ContextLength, options.MaxTokensPerStep);
        int blocksOfOne = layout.BlocksFor(longest);
        int sequences = Math.Min((options.MaxTokensPerStep + longest - 1) / longest, layout.OpenSlotCount);
        layout = layout with { BlockCount = sequences * blocksOfOne };
        KvCache cache = backend.CreateKvCache(layout);
        using var runner = new ModelRunner(model, backend, cache);
        ForwardBatch batch = FullStep(sequences, longest, blocksOfOne, options);
        runner.Run(batch, new float[batch.LogitRowCount * runner.VocabularySize], new SequenceFault[sequences]);
        return backend.FreeMemory!.Value + (cache.BlockByteSize * layout.BlockCount);
    }

    private static ForwardBatch FullStep(int sequences, int longest, int blocksOfOne, EngineOptions options)
    {
        var batch = new ForwardBatch(options.MaxTokensPerStep, sequences, sequences * blocksOfOne);
        int[] tokens = new int[longest];
        for (int i = 0; i < sequences; i++)
        {
            int count = Math.Min(longest, options.MaxTokensPerStep - batch.TokenCount);
            int logits = Math.Min(count, options.MaxLogitRows - batch.LogitRowCount);
            int[] blocks = [.. Enumerable.Range(i * blocksOfOne, blocksOfOne)];
            batch.Add(tokens.AsSpan(0, count), 0, blocks, openSlot: i, logits);
        }

        return batch;
    }
}
