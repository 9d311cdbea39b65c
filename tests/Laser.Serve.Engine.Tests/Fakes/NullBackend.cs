using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Engine.Tests.Fakes;

/// <summary>A backend that computes nothing and notes what its caller must get right.</summary>
internal sealed class NullBackend : IBackend
{
    public const long BlockByteSize = 6000;

    public List<string> Calls { get; } = [];

    public bool EmbedFails { get; set; }

    public string Description => "null";

    public long? FreeMemory { get; set; }

    public DeviceMatrix LoadMatrix(params ReadOnlySpan<HostTensor> stacked) =>
        new Matrix(stacked.ToArray().Sum(tensor => tensor.Rows), stacked[0].Columns);

    public DeviceTensor LoadTable(params ReadOnlySpan<HostTensor> joined) =>
        new Tensor(joined[0].Rows, joined.ToArray().Sum(tensor => tensor.Columns));

    public DeviceTensor CreateTensor(int rowCapacity, int columns) => new Tensor(rowCapacity, columns);

    public KvCache CreateKvCache(KvCacheLayout layout) => new Cache(this, layout);

    public void BeginStep(ForwardBatch batch) => Calls.Add("begin");

    public void EndStep(Span<SequenceFault> faults)
    {
        faults.Fill(SequenceFault.NonFiniteOutput);
        Calls.Add("end");
    }

    public void Embed(ForwardBatch batch, DeviceMatrix table, DeviceTensor output)
    {
        if (EmbedFails)
        {
            throw new InvalidOperationException("device lost");
        }
    }

    public void RmsNorm(DeviceTensor input, int rows, DeviceTensor weight, float epsilon, DeviceTensor output)
    {
    }

    public void HeadRmsNorm(
        DeviceTensor tensor, int rows, int firstColumn, int headCount, int headDim, DeviceTensor weight, float epsilon)
    {
    }

    public void Linear(DeviceTensor input, int rows, DeviceMatrix weight, DeviceTensor? bias, DeviceTensor output)
    {
    }

    public void RotaryEmbed(ForwardBatch batch, DeviceTensor tensor, int headCount, int headDim, DeviceTensor table)
    {
    }

    public void Attend(KvCache cache, int layer, ForwardBatch batch, DeviceTensor qkv, DeviceTensor output) =>
        Calls.Add("attend");

    public void GatedActivate(DeviceTensor gateUp, int rows, Activation activation, DeviceTensor output)
    {
    }

    public void AddResidual(DeviceTensor residual, int rows, DeviceTensor delta)
    {
    }

    public void GatherLogitRows(ForwardBatch batch, DeviceTensor input, DeviceTensor output)
    {
    }

    public void Download(DeviceTensor tensor, int rows, Span<float> destination)
    {
        Calls.Add($"download {rows} x {tensor.Columns}");
        destination.Fill(0.5f);
    }

    public void Dispose() => Calls.Add("dispose");

    private sealed class Matrix(int rows, int columns) : DeviceMatrix(rows, columns)
    {
        public override long ByteSize => 0;

        public override void Dispose()
        {
        }
    }

    private sealed class Tensor(int rows, int columns) : DeviceTensor(rows, columns)
    {
        public override void Dispose()
        {
        }
    }

    private sealed class Cache(NullBackend owner, KvCacheLayout layout) : KvCache(layout)
    {
        public override long BlockByteSize => NullBackend.BlockByteSize;

        public override KvCacheStatistics Statistics => new(1, 2, 3, 4, 5);

        public override void ReleaseBlock(int block) => owner.Calls.Add($"release {block}");

        public override int RawPagesOf(int block) => block;

        public override void CopyOpenBlock(int fromBlock, int fromSlot, int toBlock, int toSlot) =>
            owner.Calls.Add($"copy {fromBlock} in {fromSlot} to {toBlock} in {toSlot}");

        public override void Truncate(int block, int slot, int rowCount) =>
            owner.Calls.Add($"truncate {block} in {slot} to {rowCount}");

        public override void Dispose() => owner.Calls.Add($"free {Layout.BlockCount}");
    }
}
