using Laser.Serve.Engine.Cache;

namespace Laser.Serve.Engine.Tests.Fakes;

/// <summary>Notes which blocks are released.</summary>
internal sealed class FakeBlocks : IBlockContent
{
    public List<int> Released { get; } = [];

    /// <summary>Raw pages of each block.</summary>
    public Func<int, int> RawPages { get; set; } = _ => 0;

    public void ReleaseBlock(int block) => Released.Add(block);

    public int RawPagesOf(int block) => RawPages(block);
}
