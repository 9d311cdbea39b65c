namespace Laser.Serve.FunctionalTests;

/// <summary>Runs when nothing else does: the heap is the whole process's.</summary>
[CollectionDefinition("Alone", DisableParallelization = true)]
public class Alone;

[Collection("Alone")]
public class MemoryTests(RunningServer server) : IClassFixture<RunningServer>
{
    private const int Streams = 32;

    // Of 128 streams of 64 tokens; what a leak of one message per token would pass many times.
    private const long Tolerance = 512 * 1024;

    [Fact]
    public async Task Heap_AfterManyStreams_IsWhereItWas()
    {
        await RunAsync(rounds: 2); // pools fill, code is compiled
        long before = HeapSize();

        await RunAsync(rounds: 4);

        Assert.InRange(HeapSize() - before, long.MinValue, Tolerance);
        Assert.Equal(server.Engine.Snapshot.TotalBlockCount, server.Engine.Snapshot.FreeBlockCount);
    }

    private async Task RunAsync(int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, Streams).Select(i =>
                server.CollectAsync(RunningServer.Request($"Once upon a time number {i}", 64))));
        }

        await server.WhenIdleAsync();
    }

    private static long HeapSize()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
