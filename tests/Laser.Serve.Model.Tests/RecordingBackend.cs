using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Model.Tests;

/// <summary>
/// A backend that computes nothing: it writes down what it is asked for, with the names tensors were loaded under, and
/// knows what was not disposed.
/// </summary>
internal sealed class RecordingBackend : IBackend
{
    private int _made;
    private int _tensors;

    public List<string> Calls { get; } = [];

    public HashSet<object> Alive { get; } = [];

    /// <summary>The allocation of this number fails; none by default.</summary>
    public int FailAt { get; init; } = int.MaxValue;

    public string Description => "recording";

    public DeviceMatrix LoadMatrix(params ReadOnlySpan<HostTensor> stacked)
    {
        int rows = 0;
        foreach (HostTensor tensor in stacked)
        {
            rows += tensor.Rows;
        }

        return Add(new Matrix(this, NameOf(stacked), rows, stacked[0].Columns));
    }

    public DeviceTensor LoadTable(params ReadOnlySpan<HostTensor> joined)
    {
        int columns = 0;
        foreach (HostTensor tensor in joined)
        {
            columns += tensor.Columns;
        }

        return Add(new Tensor(this, NameOf(joined), joined[0].Rows, columns));
    }

    public DeviceTensor CreateTensor(int rowCapacity, int columns) =>
        Add(new Tensor(this, $"#{_tensors++}:{rowCapacity}x{columns}", rowCapacity, columns));

    public KvCache CreateKvCache(KvCacheLayout layout) => new Cache(layout);

    public void BeginStep(ForwardBatch batch) => Calls.Add("begin");

    public void EndStep(Span<SequenceFault> faults) => Calls.Add("end");

    public void Embed(ForwardBatch batch, DeviceMatrix table, DeviceTensor output) =>
        Calls.Add($"embed {table} -> {output}");

    public void RmsNorm(DeviceTensor input, int rows, DeviceTensor weight, float epsilon, DeviceTensor output) =>
        Calls.Add($"norm {input}[{rows}] {weight} -> {output}");

    public void HeadRmsNorm(
        DeviceTensor tensor,
        int rows,
        int firstColumn,
        int headCount,
        int headDim,
        DeviceTensor weight,
        float epsilon) =>
        Calls.Add($"head norm {tensor}[{rows}] {headCount} x {headDim} from {firstColumn} {weight}");

    public void Linear(DeviceTensor input, int rows, DeviceMatrix weight, DeviceTensor? bias, DeviceTensor output)
    {
        Assert.Equal(input.Columns, weight.InputFeatures);
        Assert.Equal(output.Columns, weight.OutputFeatures);
        Assert.Equal(weight.OutputFeatures, bias?.Columns ?? weight.OutputFeatures);
        Calls.Add($"linear {input}[{rows}] {weight} {bias} -> {output}");
    }

    public void RotaryEmbed(ForwardBatch batch, DeviceTensor tensor, int headCount, int headDim, DeviceTensor table) =>
        Calls.Add($"rotate {tensor} {headCount} x {headDim} {table}");

    public void Attend(KvCache cache, int layer, ForwardBatch batch, DeviceTensor qkv, DeviceTensor output) =>
        Calls.Add($"attend {layer} {qkv} -> {output}");

    public void GatedActivate(DeviceTensor gateUp, int rows, Activation activation, DeviceTensor output) =>
        Calls.Add($"{activation} {gateUp}[{rows}] -> {output}");

    public void AddResidual(DeviceTensor residual, int rows, DeviceTensor delta) =>
        Calls.Add($"add {residual}[{rows}] {delta}");

    public void GatherLogitRows(ForwardBatch batch, DeviceTensor input, DeviceTensor output) =>
        Calls.Add($"gather {input} -> {output}");

    public void Download(DeviceTensor tensor, int rows, Span<float> destination) => Calls.Add("download");

    public void Dispose() => Calls.Add("dispose");

    private static string NameOf(ReadOnlySpan<HostTensor> tensors) =>
        string.Join('|', tensors.ToArray().Select(tensor => tensor.Name))
            .Replace("model.layers.", "", StringComparison.Ordinal);

    private T Add<T>(T made)
        where T : notnull
    {
        if (_made++ == FailAt)
        {
            throw new InsufficientMemoryException();
        }

        Alive.Add(made);
        return made;
    }

    private sealed class Matrix(RecordingBackend owner, string name, int rows, int columns)
        : DeviceMatrix(rows, columns)
    {
        public override long ByteSize => 4L * OutputFeatures * InputFeatures;

        public override string ToString() => name;

        public override void Dispose() => Assert.True(owner.Alive.Remove(this), $"{name} disposed twice");
    }

    private sealed class Tensor(RecordingBackend owner, string name, int rows, int columns)
        : DeviceTensor(rows, columns)
    {
        public override string ToString() => name;

        public override void Dispose() => Assert.True(owner.Alive.Remove(this), $"{name} disposed twice");
    }

    private sealed class Cache(KvCacheLayout layout) : KvCache(layout)
    {
        public override long BlockByteSize => 0;

        public override KvCacheStatistics Statistics => default;

        public override void ReleaseBlock(int block)
        {
        }

        public override int RawPagesOf(int block) => 0;

        public override void CopyOpenBlock(int fromBlock, int fromSlot, int toBlock, int toSlot)
        {
        }

        public override void Truncate(int block, int slot, int rowCount)
        {
        }

        public override void Dispose()
        {
        }
    }
}
