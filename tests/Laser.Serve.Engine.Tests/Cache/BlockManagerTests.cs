using Laser.Serve.Engine.Cache;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Cache;

public class BlockManagerTests
{
    private const int BlockSize = 16;
    private readonly FakeBlocks _content = new();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(16, 1)]
    [InlineData(17, 2)]
    [InlineData(64, 4)]
    public void TryAllocate_Tokens_GivesTheBlocksTheyNeed(int tokenCount, int blockCount)
    {
        BlockManager manager = CreateManager(blockCount: 4);

        BlockTable table = Assert.Single(Allocate(manager, tokenCount)!);
        Assert.Equal(blockCount, table.Blocks.ToArray().Distinct().Count());
        Assert.All(table.Blocks.ToArray(), block => Assert.Equal(1, manager.ReferenceCount(block)));
        AssertCounts(manager, used: blockCount, idle: 0);
    }

    [Fact]
    public void TryAllocate_TooFewBlocks_TakesNothing()
    {
        BlockManager manager = CreateManager(blockCount: 4);
        Assert.NotNull(Allocate(manager, 40));

        Assert.Null(Allocate(manager, 17));
        AssertCounts(manager, used: 3, idle: 0);
    }

    [Fact]
    public void TryAllocate_TooFewOpenSlots_TakesNothing()
    {
        BlockManager manager = CreateManager(blockCount: 9, openSlotCount: 3);
        BlockTable first = Allocate(manager, 1)![0];
        BlockTable second = Allocate(manager, 1)![0];

        Assert.Null(Allocate(manager, 1, sequenceCount: 2));
        Assert.NotEqual(first.OpenSlot, second.OpenSlot);
        AssertCounts(manager, used: 2, idle: 0);
        Assert.NotNull(Allocate(manager, 1));
    }

    [Theory]
    [InlineData(32, 40, 3 + 1 + 1)]
    [InlineData(31, 32, 2 + 1 + 1)]
    [InlineData(32, 32, 2)]
    [InlineData(5, 16, 1 + 1 + 1)]
    public void TryAllocate_SeveralSequences_ReservesFullBlocksOfThePromptOnce(int prompt, int limit, int blockCount)
    {
        BlockManager manager = CreateManager(blockCount: 8);

        BlockTable[] tables = Allocate(manager, limit, Tokens(prompt), sequenceCount: 3)!;

        AssertCounts(manager, used: blockCount, idle: 0);
        Assert.Equal(3, tables.Select(table => table.OpenSlot).Distinct().Count());
        Assert.Null(Allocate(manager, (8 - blockCount + 1) * BlockSize));
        Array.ForEach(tables, table => table.Dispose());
        AssertCounts(manager, used: 0, idle: 0);
    }

    [Fact]
    public void Share_FullBlocks_AreHeldByBothAndLeaveWithTheLast()
    {
        BlockManager manager = CreateManager(blockCount: 8);
        BlockTable[] tables = Allocate(manager, 60, Tokens(40), sequenceCount: 2)!;
        int[] first = tables[0].Blocks.ToArray();

        tables[1].Share(tables[0], 2);

        Assert.Equal(first[..2], tables[1].Blocks[..2].ToArray());
        Assert.Empty(first[2..].Intersect(tables[1].Blocks[2..].ToArray()));
        Assert.All(first[..2], block => Assert.Equal(2, manager.ReferenceCount(block)));
        tables[0].Dispose();
        Assert.Equal(first[2..].Order(), _content.Released.Order());
        tables[1].Dispose();
        AssertCounts(manager, used: 0, idle: 0);
    }

    [Fact]
    public void Dispose_Table_ReleasesItsBlocksOnce()
    {
        BlockManager manager = CreateManager(blockCount: 4, openSlotCount: 1);
        BlockTable table = Allocate(manager, 33)![0];
        int[] blocks = table.Blocks.ToArray();

        table.Dispose();
        table.Dispose();

        Assert.Equal(blocks.Order(), _content.Released.Order());
        Assert.Equal(4, manager.FreeCount);
        Assert.NotNull(Allocate(manager, 64));
    }

    [Theory]
    [InlineData(40, 2)]
    [InlineData(33, 2)]
    [InlineData(32, 1)]
    [InlineData(16, 0)]
    public void TryAllocate_CachedPrompt_FindsAllFullBlocksBeforeItsLastToken(int prompt, int found)
    {
        BlockManager manager = CreateManager(blockCount: 8);
        int[] blocks = FillCache(manager, Tokens(40));
        AssertCounts(manager, used: 0, idle: 2);

        BlockTable table = Allocate(manager, 50, Tokens(prompt))![0];

        Assert.Equal(found, table.CachedBlockCount);
        Assert.Equal(blocks[..found], table.Blocks[..found].ToArray());
        AssertCounts(manager, used: 4, idle: 2 - found);
    }

    [Fact]
    public void TryAllocate_OtherTokensSaltOrWish_FindsNothing()
    {
        BlockManager manager = CreateManager(blockCount: 20);
        FillCache(manager, Tokens(40));
        int[] laterToken = Tokens(40);
        laterToken[15]++;

        Assert.Equal(0, Allocate(manager, 50, laterToken)![0].CachedBlockCount);
        Assert.Equal(0, Allocate(manager, 50, Tokens(40), salt: "other")![0].CachedBlockCount);
        Assert.Equal(0, Allocate(manager, 50, Tokens(40), salt: null)![0].CachedBlockCount);
        Assert.Equal(0, Allocate(manager, 50, Tokens(40), reads: false)![0].CachedBlockCount);
        Assert.Equal(2, Allocate(manager, 50, Tokens(40))![0].CachedBlockCount);
    }

    // The second block of one prompt behind the first block of another.
    [Fact]
    public void TryAllocate_SameTokensBehindAnotherPrefix_FindsNothing()
    {
        BlockManager manager = CreateManager(blockCount: 20);
        FillCache(manager, [.. Tokens(16), .. Tokens(17, first: 100)]);
        FillCache(manager, Tokens(17, first: 200));

        int[] mixed = [.. Tokens(16, first: 200), .. Tokens(17, first: 100)];
        Assert.Equal(1, Allocate(manager, 50, mixed)![0].CachedBlockCount);
    }

    [Fact]
    public void Dispose_WithoutSalt_LeavesNothing()
    {
        BlockManager manager = CreateManager(blockCount: 8);

        FillCache(manager, Tokens(40), salt: null);

        AssertCounts(manager, used: 0, idle: 0);
    }

    [Fact]
    public void TryAllocate_NoFreeBlock_EvictsTheEndOfTheOldestPrefix()
    {
        BlockManager manager = CreateManager(blockCount: 6);
        int[] old = FillCache(manager, Tokens(49));
        int[] recent = FillCache(manager, Tokens(33, first: 100));
        _content.Released.Clear();

        BlockTable table = Allocate(manager, 33, salt: null)![0];

        Assert.Equal([old[2], old[1]], _content.Released);
        AssertCounts(manager, used: 3, idle: 3);
        table.Dispose();
        table = Allocate(manager, 49, Tokens(49))![0];
        Assert.Equal(1, table.CachedBlockCount);
        table.Dispose();
        Assert.Equal(recent[..2], Allocate(manager, 33, Tokens(33, first: 100))![0].Blocks[..2].ToArray());
    }

    [Fact]
    public void TryAllocate_FoundBlocksAreIdle_DoesNotCountThemTwice()
    {
        BlockManager manager = CreateManager(blockCount: 4);
        FillCache(manager, Tokens(49));
        Assert.NotNull(Allocate(manager, 16, salt: null));
        AssertCounts(manager, used: 1, idle: 3);

        Assert.Null(Allocate(manager, 64, Tokens(49)));
        AssertCounts(manager, used: 1, idle: 3);
        Assert.NotNull(Allocate(manager, 48, Tokens(48)));
        AssertCounts(manager, used: 4, idle: 0);
    }

    [Fact]
    public void Enter_BlockThatIsThereAlready_IsHeldInPlaceOfTheNewOne()
    {
        BlockManager manager = CreateManager(blockCount: 8);
        BlockTable first = Allocate(manager, 40, Tokens(40))![0];
        BlockTable second = Allocate(manager, 40, Tokens(40))![0];
        int duplicate = second.Blocks[0];

        first.Enter(Tokens(17), BlockSize);
        second.Enter(Tokens(18), BlockSize);

        Assert.Equal(first.Blocks[0], second.Blocks[0]);
        Assert.Equal([duplicate], _content.Released);
        Assert.Equal(2, manager.ReferenceCount(first.Blocks[0]));
        AssertCounts(manager, used: 5, idle: 0);
    }

    [Fact]
    public void IdleRawPageCount_Blocks_CountsThoseThatAreIdle()
    {
        _content.RawPages = block => 10 + block;
        BlockManager manager = CreateManager(blockCount: 8);
        int[] blocks = FillCache(manager, Tokens(33));
        Assert.Equal(20 + blocks[0] + blocks[1], manager.IdleRawPageCount);

        BlockTable table = Allocate(manager, 20, Tokens(20))![0];
        Assert.Equal(10 + blocks[1], manager.IdleRawPageCount);
        manager.EvictOldest();
        Assert.Equal(0, manager.IdleRawPageCount);
        table.Dispose();
        Assert.Equal(10 + blocks[0], manager.IdleRawPageCount);
    }

    private static int[] Tokens(int count, int first = 0) => [.. Enumerable.Range(first, count)];

    // Leaves the full blocks of a prompt in the cache.
    private static int[] FillCache(BlockManager manager, int[] tokens, string? salt = "")
    {
        using BlockTable table = Allocate(manager, tokens.Length, tokens, salt: salt)![0];
        table.Enter(tokens, BlockSize);
        return table.Blocks.ToArray();
    }

    private static BlockTable[]? Allocate(
        BlockManager manager,
        int limit,
        int[]? prompt = null,
        int sequenceCount = 1,
        string? salt = "",
        bool reads = true)
    {
        var demand = new CacheDemand
        {
            Prompt = prompt ?? [1],
            TokenLimit = limit,
            SequenceCount = sequenceCount,
            Salt = salt,
            ReadsPrefixes = reads,
        };
        return manager.TryAllocate(in demand, out BlockTable[]? tables) ? tables : null;
    }

    private static void AssertCounts(BlockManager manager, int used, int idle) => Assert.Equal(
        (used, idle, manager.TotalCount - used - idle), (manager.UsedCount, manager.IdleCount, manager.FreeCount));

    private BlockManager CreateManager(int blockCount, int openSlotCount = 8) =>
        new(FakeModelRunner.LayoutOf(blockCount, openSlotCount), _content);
}
