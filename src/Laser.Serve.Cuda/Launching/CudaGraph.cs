using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Interop;

namespace Laser.Serve.Cuda.Launching;

/// <summary>A list of launches that the driver has taken in as a whole and starts with one call.</summary>
internal sealed class CudaGraph : IDisposable
{
    private const int ThreadLocal = 1; // CU_STREAM_CAPTURE_MODE_THREAD_LOCAL: other threads may do as they like

    private readonly CuGraphExec _exec;
    private readonly ulong[] _words;
    private readonly ulong _hash;

    private CudaGraph(CuGraphExec exec, LaunchList list)
    {
        _exec = exec;
        _words = list.Words.ToArray();
        _hash = list.Hash;
    }

    /// <summary>Records a list; nothing runs.</summary>
    /// <exception cref="CudaException">The driver refuses a launch or the graph.</exception>
    public static CudaGraph Capture(LaunchList list, CudaStream stream)
    {
        CudaStatus.Check(Driver.cuStreamBeginCapture_v2(stream.Handle, ThreadLocal));
        CuGraph graph = default;
        try
        {
            try
            {
                list.Run(stream);
            }
            catch
            {
                // Ends the capture whatever came of it, so that the stream can be used again.
                _ = Driver.cuStreamEndCapture(stream.Handle, out graph);
                throw;
            }

            CudaStatus.Check(Driver.cuStreamEndCapture(stream.Handle, out graph));
            CudaStatus.Check(Driver.cuGraphInstantiateWithFlags(out CuGraphExec exec, graph, flags: 0));
            return new CudaGraph(exec, list);
        }
        finally
        {
            if (graph != default)
            {
                _ = Driver.cuGraphDestroy(graph);
            }
        }
    }

    /// <summary>Whether this is that list, word for word.</summary>
    public bool Is(LaunchList list) => _hash == list.Hash && list.Words.SequenceEqual(_words);

    /// <summary>Puts the whole list on a stream.</summary>
    public void Launch(CudaStream stream) => CudaStatus.Check(Driver.cuGraphLaunch(_exec, stream.Handle));

    /// <summary>Drops the graph; where it is running still, the driver waits with that.</summary>
    public void Dispose() => _ = Driver.cuGraphExecDestroy(_exec);
}
