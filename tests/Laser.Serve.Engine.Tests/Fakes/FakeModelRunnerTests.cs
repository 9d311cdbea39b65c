using Laser.Serve.Compute;

namespace Laser.Serve.Engine.Tests.Fakes;

/// <summary>The checks of the fake are what many tests stand on: each must find what it is there for.</summary>
public class FakeModelRunnerTests
{
    [Theory]
    [InlineData("two sequences have one open slot", 0, 3, 1, 3, 4)]
    [InlineData("a block belongs to another sequence", 1, 3, 0, 3, 4)]
    [InlineData("a position was left out", 1, 3, 1, 4, 5)]
    [InlineData("a position is computed twice", 1, 3, 1, 2, 3)]
    public void Run_WrongSecondStep_IsFound(string violation, int slot, int firstLength, int block, int start, int end)
    {
        using var runner = new FakeModelRunner();
        Run(runner, (Slot: 0, Block: 0, Start: 0, End: 3), (1, 1, 0, firstLength));
        Assert.Empty(runner.Violations);

        Run(runner, (Slot: 0, Block: 0, Start: 3, End: 4), (slot, block, start, end));

        Assert.Contains(violation, runner.Violations);
    }

    [Fact]
    public void Run_FullBlockOfAnother_MayBeReadAndNotWritten()
    {
        using var runner = new FakeModelRunner();
        Run(runner, (Slot: 0, Block: 0, Start: 0, End: 16));
        var batch = new ForwardBatch(maxTokens: 4, maxSequences: 1, maxBlocks: 2);
        batch.Add([5], 16, [0, 7], openSlot: 3, logitCount: 1);
        runner.Run(batch, new float[runner.VocabularySize], new SequenceFault[1]);
        Assert.Empty(runner.Violations);

        Run(runner, (Slot: 3, Block: 0, Start: 15, End: 16));

        Assert.Contains("a position is computed twice", runner.Violations);
    }

    [Theory]
    [InlineData(null, 0, 0, 5)]
    [InlineData("a block is copied that is not open", 0, 1, 5)]
    [InlineData("a block is copied that is not open", 2, 2, 5)]
    [InlineData("a block is overwritten by a copy", 0, 0, 1)]
    public void CopyOpenBlock_WrongBlocks_AreFound(string? violation, int fromBlock, int fromSlot, int toBlock)
    {
        using var runner = new FakeModelRunner();
        Run(runner, (Slot: 0, Block: 0, Start: 0, End: 3), (1, 1, 0, 3), (2, 2, 0, 16));

        runner.CopyOpenBlock(fromBlock, fromSlot, toBlock, toSlot: 4);

        Assert.Equal(violation is null ? [] : [violation], runner.Violations);
    }

    [Theory]
    [InlineData(null, 0, 0, 1)]
    [InlineData("a block is cut that is not open", 0, 1, 1)]
    [InlineData("a block is cut that is not open", 2, 2, 1)]
    [InlineData("a block is cut to rows that it has not, or to all it has", 0, 0, 3)]
    [InlineData("a block is cut to rows that it has not, or to all it has", 0, 0, 0)]
    public void Truncate_WrongBlockOrRows_IsFound(string? violation, int block, int slot, int rowCount)
    {
        using var runner = new FakeModelRunner();
        Run(runner, (Slot: 0, Block: 0, Start: 0, End: 3), (2, 2, 0, 16));

        runner.Truncate(block, slot, rowCount);

        Assert.Equal(violation is null ? [] : [violation], runner.Violations);
    }

    [Fact]
    public void Truncate_RowsTakenBack_AreComputedAgain()
    {
        using var runner = new FakeModelRunner();
        Run(runner, (Slot: 0, Block: 0, Start: 0, End: 5));

        runner.Truncate(0, 0, 2);
        Run(runner, (Slot: 0, Block: 0, Start: 2, End: 4));

        Assert.Equal(3, runner.TruncatedRowCount);
        Assert.Empty(runner.Violations);
    }

    private static void Run(FakeModelRunner runner, params (int Slot, int Block, int Start, int End)[] parts)
    {
        var batch = new ForwardBatch(maxTokens: 64, maxSequences: 4, maxBlocks: 16);
        foreach ((int slot, int block, int start, int end) in parts)
        {
            batch.Add(new int[end - start], start, [block], slot, logitCount: 1);
        }

        runner.Run(batch, new float[parts.Length * runner.VocabularySize], new SequenceFault[parts.Length]);
    }
}
