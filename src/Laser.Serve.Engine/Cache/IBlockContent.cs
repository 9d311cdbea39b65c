using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Engine.Cache;

/// <summary>What is in the blocks, as far as their owner must know.</summary>
public interface IBlockContent
{
    /// <inheritdoc cref="KvCache.ReleaseBlock"/>
    void ReleaseBlock(int block);

    /// <inheritdoc cref="KvCache.RawPagesOf"/>
    int RawPagesOf(int block);
}
