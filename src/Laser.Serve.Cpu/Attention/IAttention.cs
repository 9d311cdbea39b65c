using Laser.Serve.Compute;
using Laser.Serve.Compute.Threading;

namespace Laser.Serve.Cpu.Attention;

/// <summary>Attention over one cache, compiled for its storage types.</summary>
internal interface IAttention : IDisposable
{
    /// <summary>
    /// See <see cref="IBackend.Attend"/>; faults are added to <paramref name="faults"/>, one per sequence of the batch.
    /// </summary>
    void Apply(
        WorkerPool pool, int layer, ForwardBatch batch, CpuTensor qkv, CpuTensor output, SequenceFault[] faults);

    /// <summary>
    /// Makes an open block again from the first of its fp32 rows; there are at least <paramref name="rowCount"/>.
    /// </summary>
    void RebuildOpenBlock(int layer, int block, int slot, int head, int rowCount);
}
