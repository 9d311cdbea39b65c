namespace Laser.Serve.Engine.Tests;

public class SnapshotCellTests
{
    [Fact]
    public async Task Read_WhileWritten_NeverMixesTwoSnapshots()
    {
        const int Writes = 200_000;
        var cell = new SnapshotCell();
        Task writer = Task.Run(() =>
        {
            for (int i = 1; i <= Writes; i++)
            {
                cell.Write(new() { RunningCount = i, TotalBlockCount = i, StepCount = i, LargestBatch = i });
            }
        });

        EngineSnapshot snapshot;
        do
        {
            snapshot = cell.Read();
            Assert.Equal(
                (snapshot.RunningCount, snapshot.RunningCount, (long)snapshot.RunningCount),
                (snapshot.TotalBlockCount, snapshot.LargestBatch, snapshot.StepCount));
        }
        while (snapshot.RunningCount < Writes);

        await writer;
    }
}
