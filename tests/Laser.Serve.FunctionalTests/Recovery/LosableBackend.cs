using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.FunctionalTests.Recovery;

/// <summary>A backend around another one whose device is lost when its owner says so; from then on nothing works.</summary>
internal sealed class LosableBackend(IBackend inner, LosableDevice device) : IBackend
{
    private bool _isLost;

    public string Description => inner.Description;

    public int HostThreadCount => inner.HostThreadCount;

    public long? FreeMemory => inner.FreeMemory;

    public void BeginStep(ForwardBatch batch)
    {
        _isLost |= device.IsLostAtThisStep();
        Living().BeginStep(batch);
    }

    public void EndStep(Span<SequenceFault> faults) => Living().EndStep(faults);

    public DeviceMatrix LoadMatrix(params ReadOnlySpan<HostTensor> stacked) => Living().LoadMatrix(stacked);

    public DeviceMatrix LoadEmbedding(HostTensor table) => Living().LoadEmbedding(table);

    public DeviceTensor LoadTable(params ReadOnlySpan<HostTensor> joined) => Living().LoadTable(joined);

    public DeviceTensor CreateTensor(int rowCapacity, int columns) => Living().CreateTensor(rowCapacity, columns);

    public KvCache CreateKvCache(KvCacheLayout layout) => Living().CreateKvCache(layout);

    public void Embed(ForwardBatch batch, DeviceMatrix table, DeviceTensor output) =>
        Living().Embed(batch, table, output);

    public void RmsNorm(DeviceTensor input, int rows, DeviceTensor weight, float epsilon, DeviceTensor output) =>
        Living().RmsNorm(input, rows, weight, epsilon, output);

    public void HeadRmsNorm(
        DeviceTensor tensor, int rows, int firstColumn, int headCount, int headDim, DeviceTensor weight, float epsilon) =>
        Living().HeadRmsNorm(tensor, rows, firstColumn, headCount, headDim, weight, epsilon);

    public void Linear(DeviceTensor input, int rows, DeviceMatrix weight, DeviceTensor? bias, DeviceTensor output) =>
        Living().Linear(input, rows, weight, bias, output);

    public void RotaryEmbed(ForwardBatch batch, DeviceTensor tensor, int headCount, int headDim, DeviceTensor table) =>
        Living().RotaryEmbed(batch, tensor, headCount, headDim, table);

    public void Attend(KvCache cache, int layer, ForwardBatch batch, DeviceTensor qkv, DeviceTensor output) =>
        Living().Attend(cache, layer, batch, qkv, output);

    public void GatedActivate(DeviceTensor gateUp, int rows, Activation activation, DeviceTensor output) =>
        Living().GatedActivate(gateUp, rows, activation, output);

    public void AddResidual(DeviceTensor residual, int rows, DeviceTensor delta) =>
        Living().AddResidual(residual, rows, delta);

    public void GatherLogitRows(ForwardBatch batch, DeviceTensor input, DeviceTensor output) =>
        Living().GatherLogitRows(batch, input, output);

    public void RunOnHost(IHostWork work, int itemCount) => inner.RunOnHost(work, itemCount);

    public void Download(DeviceTensor tensor, int rows, Span<float> destination) =>
        Living().Download(tensor, rows, destination);

    /// <summary>Frees all the same, and then behaves worse than it should.</summary>
    public void Dispose()
    {
        inner.Dispose();
        device.Freed();
        Living();
    }

    private IBackend Living() => _isLost ? throw new DeviceLostException("The device fell off the bus.") : inner;
}
