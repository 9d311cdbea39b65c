using Laser.Serve.Cuda.Compilation;
using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Interop;

namespace Laser.Serve.Cuda.Launching;

/// <summary>
/// Launches of a step, in order: recorded first, run together. A list that was there before runs as a graph: one call
/// for the whole step instead of one a launch. Whatever changes from step to step without the list changing
/// (token ids, positions, tables) must therefore be in device memory. Allocates nothing once lists repeat.
/// </summary>
internal sealed class LaunchQueue(CudaDevice device) : IDisposable
{
    /// <summary>Launches of the longest list that is made into a graph; longer ones are few and take long anyway.</summary>
    public const int LongestGraph = 4096;

    private readonly LaunchList _list = new();
    private readonly GraphCache _graphs = new();
    private readonly RecentHashes _recent = new();
    private bool _hasRoom = true;

    /// <summary>Lists that ran as a graph.</summary>
    public long GraphLaunchCount { get; private set; }

    /// <summary>Lists that were made into a graph.</summary>
    public long CaptureCount { get; private set; }

    /// <summary>Records the launch of a kernel; nothing runs yet.</summary>
    /// <param name="kernel">What to run.</param>
    /// <param name="grid">Blocks in each direction, at least 1.</param>
    /// <param name="threads">Threads a block.</param>
    /// <param name="sharedBytes">Shared memory a block; above 48 KiB it has been reserved.</param>
    /// <param name="arguments">The kernel's arguments in order, see <see cref="Argument"/>.</param>
    /// <exception cref="ArgumentException">No launch can be like that.</exception>
    public void Add(
        CudaKernel kernel, (int X, int Y, int Z) grid, int threads, int sharedBytes, params ReadOnlySpan<ulong> arguments)
    {
        if (grid.X < 1 || grid.Y < 1 || grid.Z < 1 || threads < 1 || sharedBytes < 0)
        {
            throw new ArgumentException(
                $"Kernel {kernel.Name}: a grid of {grid} blocks with {threads} threads and {sharedBytes} bytes cannot be.");
        }

        if (sharedBytes > kernel.SharedBytesLimit)
        {
            throw new ArgumentException(
                $"Kernel {kernel.Name}: {sharedBytes} bytes of shared memory a block, {kernel.SharedBytesLimit} are reserved.");
        }

        if (arguments.Length > LaunchList.MaxArguments)
        {
            throw new ArgumentException(
                $"Kernel {kernel.Name}: {arguments.Length} arguments, {LaunchList.MaxArguments} are possible.");
        }

        _list.Add(kernel, grid, threads, sharedBytes, arguments);
    }

    /// <summary>Records setting device memory to zero.</summary>
    public void Clear(ulong address, long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (bytes > 0)
        {
            _list.AddClear(address, bytes);
        }
    }

    /// <summary>Puts on the stream what was recorded since the last time; does not wait for it.</summary>
    /// <exception cref="CudaException">A launch was refused, or an earlier one failed. The list is gone.</exception>
    public void Flush()
    {
        device.Use();
        try
        {
            Run();
        }
        finally
        {
            _list.Clear();
        }
    }

    /// <summary>Drops the graphs, and what was recorded and not flushed.</summary>
    public void Dispose()
    {
        _list.Clear();
        if (device.TryUse())
        {
            _graphs.Dispose();
        }
    }

    private void Run()
    {
        if (GraphOfList() is not { } graph)
        {
            _list.Run(device.Stream);
            return;
        }

        graph.Launch(device.Stream);
        GraphLaunchCount++;
    }

    private CudaGraph? GraphOfList()
    {
        CudaGraph? graph = _graphs.Find(_list);
        bool wanted = graph is null && _hasRoom && _list.Count is > 0 and <= LongestGraph && _recent.Contains(_list.Hash);
        if (!wanted)
        {
            return graph;
        }

        try
        {
            graph = CudaGraph.Capture(_list, device.Stream);
        }
        catch (CudaException exception) when (exception.Code == (int)CuResult.OutOfMemory)
        {
            // Graphs are for speed only. Whoever filled the device with weights and cache is served without more of them.
            _hasRoom = false;
            return null;
        }

        _graphs.Add(graph);
        CaptureCount++;
        return graph;
    }
}
