using Laser.Serve.Compute.Attention;
using Laser.Serve.Engine;
using Laser.Serve.Simulation.Costs;

namespace Laser.Serve.Simulation.Running;

/// <summary>A server to be simulated.</summary>
public sealed record ReplicaOptions
{
    /// <summary>What its steps cost.</summary>
    public required CostModel Cost { get; init; }

    /// <summary>
    /// The engine's limits, all but the memory for its cache, in whose place stands <see cref="CacheTokens"/>.
    /// </summary>
    public EngineOptions Engine { get; init; } = new();

    /// <summary>Positions of the model, at least two.</summary>
    public int ContextLength { get; init; } = 2048;

    /// <summary>Tokens that fit the key/value cache, at least one block.</summary>
    public long CacheTokens { get; init; } = 65536;

    /// <summary>What is wrong with these options, a sentence each; empty if nothing is.</summary>
    public IReadOnlyList<string> FindErrors()
    {
        List<string> errors = [.. Engine.FindErrors()];
        if (Cost.FindError() is string error)
        {
            errors.Add(error);
        }

        if (ContextLength < 2)
        {
            errors.Add("The context must have at least 2 positions.");
        }

        if (CacheTokens < Engine.BlockSize || CacheTokens / Engine.BlockSize > int.MaxValue / 128)
        {
            errors.Add("The cache must have at least one block, and at most 16 million.");
        }

        return errors;
    }

    // Heads and layers matter to nobody here: what they cost is in the cost model.
    internal KvCacheLayout CreateCacheLayout() => new()
    {
        Attention = new LaserAttentionSpec(AttentionVariant.Laser, Heads: 1, KvHeads: 1, HeadDim: 1, Scale: 1),
        LayerCount = 1,
        BlockSize = Engine.BlockSize,
        BlockCount = (int)(CacheTokens / Engine.BlockSize),
        OpenSlotCount = Engine.MaxRunningSequences,
    };
}
