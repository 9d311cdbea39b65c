using Laser.Serve.Compute;
using Laser.Serve.Engine.Cache;
using Laser.Serve.Engine.Execution;
using Laser.Serve.Engine.Output;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sampling;
using Laser.Serve.Engine.Scheduling;
using Laser.Serve.Engine.Sequences;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Execution;

public class ModelInputBuilderTests
{
    [Fact]
    public void Build_ChunkAndDecode_GivesARaggedBatch()
    {
        var layout = FakeModelRunner.LayoutOf(blockCount: 16, openSlotCount: 4);
        var manager = new BlockManager(layout, new FakeBlocks());
        Sequence chunk = CreateRunning(manager, promptLength: 40, firstToken: 100, computed: 16);
        Sequence decode = CreateRunning(manager, promptLength: 3, firstToken: 10, computed: 3);
        decode.Append(new SampledToken(7), 0);
        var scheduled = new ScheduledBatch();
        scheduled.Add(new ScheduledSequence(chunk, 20, 0));
        scheduled.Add(new ScheduledSequence(decode, 1, 1));

        ForwardBatch batch = new ModelInputBuilder(layout, maxTokens: 32, maxSequences: 4).Build(scheduled);

        Assert.Equal([.. Enumerable.Range(116, 20), 7], batch.TokenIds.ToArray());
        Assert.Equal([.. Enumerable.Range(16, 20), 3], batch.Positions.ToArray());
        Assert.Equal([0, 20, 21], batch.QueryStarts.ToArray());
        Assert.Equal([36, 4], batch.ContextLengths.ToArray());
        Assert.Equal([20], batch.LogitRows.ToArray());
        Assert.Equal(chunk.Blocks!.Blocks[..3].ToArray(), batch.BlockTable(0).ToArray());
        Assert.Equal(decode.Blocks!.Blocks.ToArray(), batch.BlockTable(1).ToArray());
        Assert.Equal([chunk.Blocks.OpenSlot, decode.Blocks.OpenSlot], batch.OpenSlots.ToArray());
    }

    // Eight sequences of three blocks each, two of which all of them share: ten blocks in twenty-four entries.
    [Fact]
    public void Build_SharedBlocks_MayBeMoreThanThereAre()
    {
        var layout = FakeModelRunner.LayoutOf(blockCount: 12, openSlotCount: 8);
        var manager = new BlockManager(layout, new FakeBlocks());
        GenerationRequest request = TestEngine.Request(promptLength: 32, maxTokens: 9) with { SequenceCount = 8 };
        var group = new SequenceGroup(
            request, new FakeTokenizer(), new StopStrings([]), vocabularySize: 300, new ManualTimeProvider());
        Assert.True(manager.TryAllocate(group.CacheDemand, out BlockTable[]? tables));
        group.Start(tables, blockSize: 16, timestamp: 0);
        group.First.Computed(32);
        var scheduled = new ScheduledBatch();
        foreach (Sequence sequence in group.Sequences)
        {
            if (sequence != group.First)
            {
                sequence.Blocks!.Share(tables[0], 2);
            }

            sequence.Append(new SampledToken(7), 0);
            scheduled.Add(new ScheduledSequence(sequence, 1, 1));
        }

        ForwardBatch batch = new ModelInputBuilder(layout, maxTokens: 32, maxSequences: 8).Build(scheduled);

        Assert.All(Enumerable.Range(0, 8), i =>
            Assert.Equal(tables[i].Blocks.ToArray(), batch.BlockTable(i).ToArray()));
        Assert.Equal(10, tables.SelectMany(table => table.Blocks.ToArray()).Distinct().Count());
    }

    private static Sequence CreateRunning(BlockManager manager, int promptLength, int firstToken, int computed)
    {
        GenerationRequest request = TestEngine.Request(promptLength, maxTokens: 9, firstToken);
        var group = new SequenceGroup(
            request, new FakeTokenizer(), new StopStrings([]), vocabularySize: 300, new ManualTimeProvider());
        Assert.True(manager.TryAllocate(group.CacheDemand, out BlockTable[]? tables));
        group.Start(tables, blockSize: 16, timestamp: 0);
        group.First.Computed(computed);
        return group.First;
    }
}
