using System.Numerics;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Launching;
using Laser.Serve.Cuda.Memory;
using Laser.Serve.Cuda.Steps;

namespace Laser.Serve.Cuda.Attention;

/// <summary>Launches attention of one layer: append, then attend, then what ends it.</summary>
/// <param name="device">Where.</param>
/// <param name="kernels">What to launch.</param>
/// <param name="shape">Sizes.</param>
/// <param name="layout">Layout of the cache.</param>
/// <param name="memory">The cache.</param>
/// <param name="partialsBudget">
/// Bytes for the sums of segments, which are kept until they are added up; more segments than fit are done in passes.
/// </param>
internal sealed class AttentionOperation(
    CudaDevice device,
    AttentionKernels kernels,
    AttentionShape shape,
    KvCacheLayout layout,
    CacheMemory memory,
    long partialsBudget = AttentionOperation.DefaultPartialsBudget) : IDisposable
{
    /// <summary>Bytes for the sums of segments, unless said otherwise.</summary>
    public const long DefaultPartialsBudget = 32L << 20;

    private const int CheckThreads = 128;
    private const int CommitThreads = 256;

    // Words of shared memory for what threads of a block exchange.
    private const int ScratchBytes = 8 * sizeof(int);

    private readonly LaserAttentionSpec _spec = layout.Attention;
    private DeviceBuffer? _partials;
    private DeviceBuffer? _totals;

    /// <summary>Adds the launches of a layer.</summary>
    public void Launch(
        LaunchQueue queue,
        int layer,
        ForwardBatch batch,
        StepInputs inputs,
        AttentionPlan plan,
        CudaTensor qkv,
        CudaTensor output,
        ulong faults)
    {
        Append(queue, layer, batch, inputs, plan, qkv, faults);

        // Powers of two, so that steps of growing contexts are the same launches for long.
        int segments = (int)BitOperations.RoundUpToPowerOf2((uint)plan.SegmentCount);
        long perSegment = (long)plan.QueryCount * _spec.KvHeads * shape.PartialBytes;
        int perPass = (int)Math.Clamp(partialsBudget / perSegment, 1, segments);
        ulong partials = Fit(ref _partials, Math.Max(perSegment * perPass, partialsBudget), "sums of attention");
        ulong totals = perPass == segments ? 0 : Fit(ref _totals, (long)plan.QueryCount * _spec.KvHeads * shape.TotalsBytes, "sums of attention");
        for (int first = 0; first < segments; first += perPass)
        {
            int count = Math.Min(perPass, segments - first);
            Attend(queue, layer, inputs, plan, qkv, faults, first, count, partials);
            queue.Add(
                kernels.Finish,
                (plan.QueryCount, _spec.KvHeads, 1),
                shape.ChannelThreads,
                0,
                plan.QueryTiles,
                inputs.QueryStarts,
                inputs.ContextLengths,
                faults,
                Argument.Of(first),
                Argument.Of(count),
                Argument.Of(first + count == segments ? 1 : 0),
                Argument.Of(_spec.LogFloor is float floor ? (float)Math.Log(floor) : float.NegativeInfinity),
                partials,
                totals,
                output.Address);
        }
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        _partials?.Dispose();
        _totals?.Dispose();
    }

    private void Append(
        LaunchQueue queue, int layer, ForwardBatch batch, StepInputs inputs, AttentionPlan plan, CudaTensor qkv, ulong faults)
    {
        queue.Add(kernels.Check, (batch.TokenCount, 1, 1), CheckThreads, 0, qkv.Address, inputs.RowSequences, faults);
        queue.Add(
            kernels.Append,
            (plan.AppendCount, _spec.KvHeads, 1),
            shape.ChannelThreads,
            ScratchBytes,
            qkv.Address,
            plan.AppendTiles,
            inputs.QueryStarts,
            inputs.ContextLengths,
            inputs.OpenSlots,
            inputs.BlockStarts,
            inputs.Blocks,
            faults,
            Softclamp,
            memory.Pages(layer),
            memory.States(layer),
            memory.OpenStates(layer),
            memory.OpenRows(layer),
            memory.OpenRanges(layer),
            memory.Counters.Address,
            memory.RawSealed);
        queue.Add(
            kernels.Commit,
            (1, 1, 1),
            CommitThreads,
            ScratchBytes,
            qkv.Address,
            plan.AppendTiles,
            Argument.Of(plan.AppendCount),
            Argument.Of(batch.SequenceCount),
            inputs.QueryStarts,
            inputs.ContextLengths,
            inputs.OpenSlots,
            inputs.BlockStarts,
            inputs.Blocks,
            faults,
            Softclamp,
            memory.Pages(layer),
            memory.States(layer),
            memory.OpenStates(layer),
            memory.OpenRows(layer),
            memory.RawRows,
            memory.RawFree,
            memory.RawFreeCount,
            memory.RawPagesOfBlock.Address,
            memory.RawSealed);
    }

    private void Attend(
        LaunchQueue queue,
        int layer,
        StepInputs inputs,
        AttentionPlan plan,
        CudaTensor qkv,
        ulong faults,
        int firstSegment,
        int count,
        ulong partials) => queue.Add(
            kernels.Attend,
            (plan.QueryCount, _spec.KvHeads, count),
            AttentionShape.AttendThreads,
            shape.SharedBytes,
            qkv.Address,
            plan.QueryTiles,
            inputs.QueryStarts,
            inputs.ContextLengths,
            inputs.OpenSlots,
            inputs.BlockStarts,
            inputs.Blocks,
            faults,
            Argument.Of(_spec.Scale),
            Softclamp,
            memory.Pages(layer),
            memory.States(layer),
            memory.OpenStates(layer),
            memory.OpenRows(layer),
            memory.RawRows,
            Argument.Of(firstSegment),
            partials);

    private ulong Softclamp => Argument.Of(_spec.ValueSoftclamp ?? 0f);

    private ulong Fit(ref DeviceBuffer? buffer, long bytes, string purpose)
    {
        if (buffer is null || buffer.ByteCount < bytes)
        {
            buffer?.Dispose();
            buffer = null;
            buffer = new DeviceBuffer(device, bytes, purpose);
        }

        return buffer.Address;
    }
}
