namespace Laser.Serve.FunctionalTests;

/// <summary>Runs when nothing else does: the heap is the whole process's.</summary>
[CollectionDefinition("Alone", DisableParallelization = true)]
public class Alone;

[Collection("Alone")]
public class MemoryTests(RunningServer server) : IClassFixture<RunningServer>
{
    private const int Streams = 32;
    private const uint Tokens = 64;

    // 16 rounds are 32,768 tokens: a leak of 32 bytes a token or of 2 KiB a stream passes it, pools that breathe
    // do not.
    private const long Tolerance = 1024 * 1024;

    [Fact]
    public async Task Heap_AfterManyStreams_IsWhereItWas()
    {
        await RunAsync(rounds: 4); // pools fill, code is compiled
        long before = await LevelAsync();

        await RunAsync(rounds: 16);

        Assert.InRange(await LevelAsync() - before, long.MinValue, Tolerance);
        Assert.Equal(0, server.Engine.Snapshot.UsedBlockCount);
    }

    // The least of three looks: how many buffers a pool happens to hold differs from one look to the next by half a
    // megabyte.
    private async Task<long> LevelAsync()
    {
        long least = long.MaxValue;
        for (int look = 0; look < 3; look++)
        {
            await RunAsync(rounds: 1);
            least = Math.Min(least, HeapSize());
        }

        return least;
    }

    private async Task RunAsync(int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, Streams).Select(i =>
                server.CollectAsync(RunningServer.Request($"Once upon a time number {i}", Tokens))));
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
