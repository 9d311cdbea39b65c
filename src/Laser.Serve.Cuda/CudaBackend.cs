using System.Diagnostics;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Compute.Threading;
using Laser.Serve.Cuda.Attention;
using Laser.Serve.Cuda.Compilation;
using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Launching;
using Laser.Serve.Cuda.Linear;
using Laser.Serve.Cuda.Memory;
using Laser.Serve.Cuda.Operations;
using Laser.Serve.Cuda.Steps;

namespace Laser.Serve.Cuda;

/// <summary>
/// Computes on an NVIDIA device: fp32 activations, kernels compiled for it at start. Operations of a step are recorded and run when
/// something is read back; a step that is the same launches as an earlier one, as those of a steady decode are, runs as one CUDA graph.
/// Used by one thread at a time.
/// </summary>
public sealed class CudaBackend : IBackend
{
    private readonly CudaDevice _device;
    private readonly KernelLibrary _kernels;
    private readonly LaunchQueue _queue;
    private readonly MatrixLoader _matrices;
    private readonly StepInputs _inputs;
    private readonly StepFaults _faults;
    private readonly EmbedOperation _embed;
    private readonly RmsNormOperation _rmsNorm;
    private readonly HeadRmsNormOperation _headRmsNorm;
    private readonly LinearOperation _linear;
    private readonly RotaryOperation _rotaryEmbed;
    private readonly GatedActivationOperation _gatedActivate;
    private readonly ResidualOperation _addResidual;
    private readonly GatherOperation _gather;
    private readonly WorkerPool _hostThreads;
    private readonly HostJob _hostJob = new();
    private readonly List<CudaKvCache> _usedCaches = [];
    private readonly string _arithmetic;

    /// <summary>Opens the device and compiles what does not depend on a model.</summary>
    /// <exception cref="ArgumentException">There is no such device, or CUDA is not there; the message says what was looked for.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of host threads is not positive.</exception>
    public CudaBackend(CudaOptions options)
        : this(options, KernelSources.Embedded)
    {
    }

    /// <summary>The same with other device code.</summary>
    internal CudaBackend(CudaOptions options, KernelSources sources)
    {
        _device = CudaDevice.Open(options.Device);
        try
        {
            _kernels = new KernelLibrary(_device, options.KernelCache, sources);
            _queue = new LaunchQueue(_device);
            _matrices = new MatrixLoader(_device, options.Int8Weights);
            _inputs = new StepInputs(new StagedInts(_device, StepInputs.ArrayCount, "inputs of a step"));
            _faults = new StepFaults(_device);
            _embed = new EmbedOperation(_kernels);
            _rmsNorm = new RmsNormOperation(_kernels);
            _headRmsNorm = new HeadRmsNormOperation(_kernels);
            _linear = new LinearOperation(_kernels, _device, options.ExactInputs);
            _rotaryEmbed = new RotaryOperation(_kernels);
            _gatedActivate = new GatedActivationOperation(_kernels);
            _addResidual = new ResidualOperation(_kernels);
            _gather = new GatherOperation(_kernels);
            _hostThreads = new WorkerPool(
                options.HostThreads ?? Math.Min(Environment.ProcessorCount, CudaOptions.MostHostThreads));
        }
        catch
        {
            Dispose();
            throw;
        }

        string weights = options.Int8Weights ? ", int8 weights" : "";
        _arithmetic = (options.ExactInputs ? "exact inputs" : "bf16 tensor cores") + weights;
    }

    /// <inheritdoc />
    public string Description => $"CUDA, {_device.Description}, {_arithmetic}";

    /// <inheritdoc />
    public long? FreeMemory => _device.FreeBytes();

    /// <summary>What is launched goes through it.</summary>
    internal LaunchQueue Queue => _queue;

    /// <summary>Bytes that a cache's attention has for sums of segments, see <see cref="AttentionOperation"/>.</summary>
    internal long PartialsBudget { get; init; } = AttentionOperation.DefaultPartialsBudget;

    /// <summary>Whether there is a device to compute on.</summary>
    /// <param name="reason">If not, what is missing, in one line.</param>
    public static bool IsAvailable(out string reason) => CudaDevice.IsAvailable(out reason);

    /// <inheritdoc />
    public DeviceMatrix LoadMatrix(params ReadOnlySpan<HostTensor> stacked) => _matrices.Load(stacked);

    /// <inheritdoc />
    public DeviceMatrix LoadEmbedding(HostTensor table) => _matrices.LoadEmbedding(table);

    /// <inheritdoc />
    public DeviceTensor LoadTable(params ReadOnlySpan<HostTensor> joined) => TableLoader.Load(_device, joined);

    /// <inheritdoc />
    public DeviceTensor CreateTensor(int rowCapacity, int columns)
    {
        _linear.Reserve(rowCapacity, columns);
        return new CudaTensor(_device, rowCapacity, columns);
    }

    /// <inheritdoc />
    public KvCache CreateKvCache(KvCacheLayout layout) =>
        new CudaKvCache(_device, _kernels, _queue, layout, PartialsBudget);

    /// <inheritdoc />
    public void BeginStep(ForwardBatch batch)
    {
        _device.Use();
        _inputs.Set(batch);
        _faults.Begin(_queue, batch.SequenceCount);
    }

    /// <inheritdoc />
    public void EndStep(Span<SequenceFault> faults)
    {
        _queue.Flush();
        bool hasFault = _faults.Read(faults);
        foreach (CudaKvCache cache in _usedCaches)
        {
            cache.EndStep(hasFault);
        }

        _usedCaches.Clear();
    }

    /// <inheritdoc />
    public void Embed(ForwardBatch batch, DeviceMatrix table, DeviceTensor output)
    {
        Debug.Assert(table.InputFeatures == output.Columns && batch.TokenCount <= output.RowCapacity, "shapes of Embed");
        _embed.Launch(_queue, _inputs.TokenIds, batch.TokenCount, (CudaMatrix)table, (CudaTensor)output);
    }

    /// <inheritdoc />
    public void RmsNorm(DeviceTensor input, int rows, DeviceTensor weight, float epsilon, DeviceTensor output) =>
        _rmsNorm.Launch(_queue, (CudaTensor)input, rows, (CudaTensor)weight, epsilon, (CudaTensor)output);

    /// <inheritdoc />
    public void HeadRmsNorm(
        DeviceTensor tensor, int rows, int firstColumn, int headCount, int headDim, DeviceTensor weight, float epsilon) =>
        _headRmsNorm.Launch(_queue, (CudaTensor)tensor, rows, firstColumn, headCount, headDim, (CudaTensor)weight, epsilon);

    /// <inheritdoc />
    public void Linear(DeviceTensor input, int rows, DeviceMatrix weight, DeviceTensor? bias, DeviceTensor output)
    {
        Debug.Assert(
            input.Columns == weight.InputFeatures && output.Columns == weight.OutputFeatures && input != output, "shapes of Linear");
        _linear.Launch(_queue, (CudaTensor)input, rows, (CudaMatrix)weight, (CudaTensor?)bias, (CudaTensor)output);
    }

    /// <inheritdoc />
    public void RotaryEmbed(ForwardBatch batch, DeviceTensor tensor, int headCount, int headDim, DeviceTensor table) =>
        _rotaryEmbed.Launch(
            _queue, _inputs.Positions, batch.TokenCount, (CudaTensor)tensor, headCount, headDim, (CudaTensor)table);

    /// <inheritdoc />
    public void Attend(KvCache cache, int layer, ForwardBatch batch, DeviceTensor qkv, DeviceTensor output)
    {
        Debug.Assert(
            qkv.Columns == cache.Layout.Attention.QkvColumns && output.Columns == cache.Layout.Attention.QueryColumns,
            "shapes of Attend");
        var used = (CudaKvCache)cache;
        if (!_usedCaches.Contains(used))
        {
            used.BeginStep(batch);
            _usedCaches.Add(used);
        }

        used.Attend(layer, batch, _inputs, (CudaTensor)qkv, (CudaTensor)output, _faults.Address);
    }

    /// <inheritdoc />
    public void GatedActivate(DeviceTensor gateUp, int rows, Activation activation, DeviceTensor output) =>
        _gatedActivate.Launch(_queue, (CudaTensor)gateUp, rows, activation, (CudaTensor)output);

    /// <inheritdoc />
    public void AddResidual(DeviceTensor residual, int rows, DeviceTensor delta) =>
        _addResidual.Launch(_queue, (CudaTensor)residual, rows, (CudaTensor)delta);

    /// <inheritdoc />
    public void GatherLogitRows(ForwardBatch batch, DeviceTensor input, DeviceTensor output) =>
        _gather.Launch(_queue, _inputs.LogitRows, batch.LogitRowCount, (CudaTensor)input, (CudaTensor)output);

    /// <inheritdoc />
    public int HostThreadCount => _hostThreads.ThreadCount;

    /// <inheritdoc />
    public void RunOnHost(IHostWork work, int itemCount) => _hostJob.Apply(_hostThreads, work, itemCount);

    /// <inheritdoc />
    public void Download(DeviceTensor tensor, int rows, Span<float> destination)
    {
        _queue.Flush();
        ((CudaTensor)tensor).Buffer.Download(destination[..(rows * tensor.Columns)]);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _hostThreads?.Dispose();
        _linear?.Dispose();
        _faults?.Dispose();
        _inputs?.Dispose();
        _queue?.Dispose();
        _kernels?.Dispose();
        _device.Dispose();
    }
}
