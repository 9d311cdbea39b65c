using System.Diagnostics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Compute.Threading;
using Laser.Serve.Cpu.Attention;
using Laser.Serve.Cpu.Emitted;
using Laser.Serve.Cpu.Kernels;
using Laser.Serve.Cpu.Linear;
using Laser.Serve.Cpu.Memory;
using Laser.Serve.Cpu.Packed;

namespace Laser.Serve.Cpu;

/// <summary>
/// Computes on the processor: fp32 activations, prepacked weights, an own thread pool. Every operation runs to its end
/// before it returns. The arithmetic of a row is fixed by the shapes alone, never by other rows or the number of
/// threads.
/// </summary>
public sealed class CpuBackend : IBackend
{
    private readonly MemoryBudget _budget = MemoryBudget.ForProcess();
    private readonly WorkerPool _pool;
    private readonly FusedLinearJob _fusedLinear;
    private readonly DotLinearJob? _dotLinear;
    private readonly Int8LinearJob? _int8Linear;
    private readonly PackedWeights? _packedWeights;
    private readonly string? _dotProblem;
    private readonly PanelGather _embed = new();
    private readonly RmsNormJob _rmsNorm = new();
    private readonly HeadRmsNormJob _headRmsNorm = new();
    private readonly RotaryEmbeddingJob _rotaryEmbed = new();
    private readonly GatedActivationJob _gatedActivate = new();
    private readonly ResidualJob _addResidual = new();
    private readonly HostJob _host = new();
    private SequenceFault[] _faults = [];
    private int _sequenceCount;

    /// <summary>Starts the threads.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The thread count is not between 1 and
    /// <see cref="CpuOptions.LargestThreadCount"/>.</exception>
    /// <exception cref="ArgumentException">The bf16 dot product is required and cannot be had.</exception>
    /// <exception cref="InvalidDataException">The file of packed weights is broken.</exception>
    public CpuBackend(CpuOptions options)
        : this(options, DotKernelChoice.For(options.BFloat16Dot))
    {
    }

    /// <summary>The same with kernels that are given.</summary>
    internal CpuBackend(CpuOptions options, DotKernelChoice dot)
    {
        int threadCount = options.ThreadCount ?? Environment.ProcessorCount;
        ArgumentOutOfRangeException.ThrowIfLessThan(threadCount, 1, nameof(options.ThreadCount));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            threadCount, CpuOptions.LargestThreadCount, nameof(options.ThreadCount));
        _packedWeights = options.PackedWeights is { } packed ? new PackedWeights(packed, options.Int8Weights) : null;
        _dotProblem = dot.Problem;
        _dotLinear = dot.Kernels is null ? null : new DotLinearJob(_budget, threadCount, dot.Kernels);
        _fusedLinear = new FusedLinearJob(_budget, threadCount);
        _int8Linear = options.Int8Weights ? new Int8LinearJob(_budget, threadCount) : null;
        _pool = new WorkerPool(threadCount);
    }

    /// <inheritdoc />
    public string Description
    {
        get
        {
            string instructions = _dotLinear is not null ? "AVX-512 bf16 dot"
                : _dotProblem is not null ? $"AVX-512 (no bf16 dot: {_dotProblem})"
                : Vector512.IsHardwareAccelerated ? "AVX-512"
                : Avx2.IsSupported && Fma.IsSupported ? "AVX2"
                : "portable (slow)";
            string weights = _int8Linear is null ? "" : ", int8 weights";
            string packed = _packedWeights is null ? "" : $", packed weights {_packedWeights.State}";
            return $"CPU, {instructions}{weights}{packed}, {_pool.ThreadCount} {(_pool.ThreadCount == 1 ? "thread" : "threads")}";
        }
    }

    /// <inheritdoc />
    public DeviceMatrix LoadMatrix(params ReadOnlySpan<HostTensor> stacked) =>
        Load(stacked, quantize: _int8Linear is not null);

    /// <inheritdoc />
    public DeviceMatrix LoadEmbedding(HostTensor table) => Load([table], quantize: false);

    /// <inheritdoc />
    public DeviceTensor LoadTable(params ReadOnlySpan<HostTensor> joined)
    {
        if (joined.IsEmpty)
        {
            throw new ArgumentException("No table to load.", nameof(joined));
        }

        int rows = joined[0].Rows;
        int columns = 0;
        foreach (HostTensor tensor in joined)
        {
            if (joined.Length > 1 && tensor.Rows != 1)
            {
                throw new ArgumentException(
                    $"{tensor.Name} has {tensor.Rows} rows: only vectors are joined.", nameof(joined));
            }

            columns = checked(columns + tensor.Columns);
        }

        CpuTensor table = new(_budget, rows, columns);
        try
        {
            int column = 0;
            foreach (HostTensor tensor in joined)
            {
                for (int row = 0; row < rows; row++)
                {
                    tensor.CopyRow(row, table.Span(row).Slice(column, tensor.Columns));
                }

                column += tensor.Columns;
            }

            return table;
        }
        catch
        {
            table.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public DeviceTensor CreateTensor(int rowCapacity, int columns) => new CpuTensor(_budget, rowCapacity, columns);

    /// <inheritdoc />
    public KvCache CreateKvCache(KvCacheLayout layout) => new CpuKvCache(_budget, layout, _pool.ThreadCount);

    /// <inheritdoc />
    public void BeginStep(ForwardBatch batch)
    {
        _packedWeights?.AllLoaded();
        _sequenceCount = batch.SequenceCount;
        if (_faults.Length < _sequenceCount)
        {
            _faults = new SequenceFault[_sequenceCount];
        }

        _faults.AsSpan(0, _sequenceCount).Clear();
    }

    /// <inheritdoc />
    public void EndStep(Span<SequenceFault> faults) => _faults.AsSpan(0, _sequenceCount).CopyTo(faults);

    /// <inheritdoc />
    public int HostThreadCount => _pool.ThreadCount;

    /// <inheritdoc />
    public void RunOnHost(IHostWork work, int itemCount) => _host.Apply(_pool, work, itemCount);

    /// <inheritdoc />
    public void Embed(ForwardBatch batch, DeviceMatrix table, DeviceTensor output)
    {
        Debug.Assert(
            table.InputFeatures == output.Columns && batch.TokenCount <= output.RowCapacity, "shapes of Embed");
        _embed.Apply(_pool, batch, (PackedMatrix)table, (CpuTensor)output);
    }

    /// <inheritdoc />
    public void RmsNorm(DeviceTensor input, int rows, DeviceTensor weight, float epsilon, DeviceTensor output)
    {
        Debug.Assert(
            input.Columns == weight.Columns && input.Columns == output.Columns
            && rows <= input.RowCapacity && rows <= output.RowCapacity,
            "shapes of RmsNorm");
        _rmsNorm.Apply(_pool, (CpuTensor)input, rows, (CpuTensor)weight, epsilon, (CpuTensor)output);
    }

    /// <inheritdoc />
    public void HeadRmsNorm(
        DeviceTensor tensor, int rows, int firstColumn, int headCount, int headDim, DeviceTensor weight, float epsilon)
    {
        Debug.Assert(
            firstColumn + (headCount * headDim) <= tensor.Columns
            && headDim == weight.Columns && rows <= tensor.RowCapacity,
            "shapes of HeadRmsNorm");
        _headRmsNorm.Apply(
            _pool, (CpuTensor)tensor, rows, firstColumn, headCount, headDim, (CpuTensor)weight, epsilon);
    }

    /// <inheritdoc />
    public void Linear(DeviceTensor input, int rows, DeviceMatrix weight, DeviceTensor? bias, DeviceTensor output)
    {
        Debug.Assert(
            input.Columns == weight.InputFeatures && output.Columns == weight.OutputFeatures
            && (bias is null || bias.Columns == weight.OutputFeatures)
            && rows <= input.RowCapacity && rows <= output.RowCapacity && input != output,
            "shapes of Linear");
        var matrix = (PackedMatrix)weight;
        LinearJob job = matrix.Format switch
        {
            WeightFormat.Int8 => _int8Linear!,
            WeightFormat.BFloat16 when _dotLinear is not null => _dotLinear,
            _ => _fusedLinear,
        };
        job.Apply(_pool, (CpuTensor)input, rows, matrix, (CpuTensor?)bias, (CpuTensor)output);
    }

    /// <inheritdoc />
    public void RotaryEmbed(ForwardBatch batch, DeviceTensor tensor, int headCount, int headDim, DeviceTensor table)
    {
        Debug.Assert(
            headCount * headDim <= tensor.Columns && table.Columns <= headDim && batch.TokenCount <= tensor.RowCapacity,
            "shapes of RotaryEmbed");
        _rotaryEmbed.Apply(_pool, batch, (CpuTensor)tensor, headCount, headDim, (CpuTensor)table);
    }

    /// <inheritdoc />
    public void Attend(KvCache cache, int layer, ForwardBatch batch, DeviceTensor qkv, DeviceTensor output)
    {
        Debug.Assert(
            qkv.Columns == cache.Layout.Attention.QkvColumns && output.Columns == cache.Layout.Attention.QueryColumns
            && batch.TokenCount <= qkv.RowCapacity && batch.TokenCount <= output.RowCapacity,
            "shapes of Attend");
        ((CpuKvCache)cache).Attention.Apply(_pool, layer, batch, (CpuTensor)qkv, (CpuTensor)output, _faults);
    }

    /// <inheritdoc />
    public void GatedActivate(DeviceTensor gateUp, int rows, Activation activation, DeviceTensor output)
    {
        Debug.Assert(
            gateUp.Columns == 2 * output.Columns && rows <= gateUp.RowCapacity && rows <= output.RowCapacity,
            "shapes of GatedActivate");
        _gatedActivate.Apply(_pool, (CpuTensor)gateUp, rows, activation, (CpuTensor)output);
    }

    /// <inheritdoc />
    public void AddResidual(DeviceTensor residual, int rows, DeviceTensor delta)
    {
        Debug.Assert(
            residual.Columns == delta.Columns && rows <= residual.RowCapacity && rows <= delta.RowCapacity,
            "shapes of AddResidual");
        _addResidual.Apply(_pool, (CpuTensor)residual, rows, (CpuTensor)delta);
    }

    /// <inheritdoc />
    public void GatherLogitRows(ForwardBatch batch, DeviceTensor input, DeviceTensor output)
    {
        Debug.Assert(
            input.Columns == output.Columns && batch.LogitRowCount <= output.RowCapacity, "shapes of GatherLogitRows");
        ReadOnlySpan<int> rows = batch.LogitRows;
        for (int i = 0; i < rows.Length; i++)
        {
            ((CpuTensor)input).Span(rows[i]).CopyTo(((CpuTensor)output).Span(i));
        }
    }

    /// <inheritdoc />
    public void Download(DeviceTensor tensor, int rows, Span<float> destination)
    {
        Debug.Assert(rows <= tensor.RowCapacity, "shape of Download");
        for (int row = 0; row < rows; row++)
        {
            ((CpuTensor)tensor).Span(row).CopyTo(destination[(row * tensor.Columns)..]);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _pool.Dispose();
        _dotLinear?.Dispose();
        _fusedLinear.Dispose();
        _int8Linear?.Dispose();
        _packedWeights?.Dispose();
    }

    private PackedMatrix Load(ReadOnlySpan<HostTensor> stacked, bool quantize)
    {
        (WeightFormat format, int outputs) = PanelPacking.Plan(quantize, stacked);
        PackedMatrix matrix = _packedWeights?.Find(stacked[0].Name, format, outputs, stacked[0].Columns)
            ?? PanelPacking.Pack(_pool, _budget, format, outputs, stacked);
        _packedWeights?.Loaded(stacked[0].Name, matrix);
        _dotLinear?.Reserve(matrix.InputFeatures);
        _int8Linear?.Reserve(matrix.InputFeatures);
        return matrix;
    }
}
