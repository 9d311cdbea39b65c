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
