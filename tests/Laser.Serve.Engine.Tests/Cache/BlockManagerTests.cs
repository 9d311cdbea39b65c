using Laser.Serve.Engine.Cache;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Cache;

public class BlockManagerTests
{
    private readonly List<int> _released = [];

    [Theory]
    [InlineData(1, 1)]
    [InlineData(16, 1)]
    [InlineData(17, 2)]
    [InlineData(64, 4)]
    public void TryAllocate_Tokens_GivesTheBlocksTheyNeed(int tokenCount, int blockCount)
    {
        BlockManager manager = CreateManager(blockCount: 4);

        Assert.True(manager.TryAllocate(tokenCount, out BlockTable? table));
        Assert.Equal(blockCount, table.Blocks.ToArray().Distinct().Count());
        Assert.All(table.Blocks.ToArray(), block => Assert.Equal(1, manager.ReferenceCount(block)));
        Assert.Equal(blockCount, manager.UsedCount);
        Assert.Equal(4 - blockCount, manager.FreeCount);
    }

    [Fact]
    public void TryAllocate_TooFewBlocks_TakesNothing()
    {
        BlockManager manager = CreateManager(blockCount: 4);
        Assert.True(manager.TryAllocate(40, out _));

        Assert.False(manager.TryAllocate(17, out BlockTable? table));
        Assert.Null(table);
        Assert.Equal(1, manager.FreeCount);
    }

    [Fact]
    public void TryAllocate_NoOpenSlot_TakesNothing()
    {
        BlockManager manager = CreateManager(blockCount: 9, openSlotCount: 2);
        Assert.True(manager.TryAllocate(1, out BlockTable? first));
        Assert.True(manager.TryAllocate(1, out BlockTable? second));

        Assert.False(manager.TryAllocate(1, out _));
        Assert.NotEqual(first.OpenSlot, second.OpenSlot);
        Assert.Equal(7, manager.FreeCount);
    }

    [Fact]
    public void Dispose_Table_ReleasesItsBlocksOnce()
    {
        BlockManager manager = CreateManager(blockCount: 4, openSlotCount: 1);
        Assert.True(manager.TryAllocate(33, out BlockTable? table));
        int[] blocks = table.Blocks.ToArray();

        table.Dispose();
        table.Dispose();

        Assert.Equal(blocks.Order(), _released.Order());
        Assert.Equal(4, manager.FreeCount);
        Assert.True(manager.TryAllocate(64, out _));
    }

    private BlockManager CreateManager(int blockCount, int openSlotCount = 4) =>
        new(FakeModelRunner.LayoutOf(blockCount, openSlotCount), _released.Add);
}
