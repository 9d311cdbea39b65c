using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Cuda.Tests.Attention;

/// <summary>A decode as a server does it: tensors and batch stay, and a step allocates nothing.</summary>
internal sealed class DecodeRig : IDisposable
{
    private static readonly int[] Token = [0];
    private static readonly int[] Table = [4, 1, 3, 0];

    private readonly ForwardBatch _batch = new(64, 1, Table.Length);
    private readonly DeviceTensor _qkv;
    private readonly DeviceTensor _output;
    private readonly SequenceFault[] _faults = new SequenceFault[1];
    private readonly int _columns;
    private readonly float[] _rows;

    public DecodeRig()
    {
        Layout = AttentionLayouts.Create(AttentionLayouts.Spec(16), DataType.BFloat16, DataType.BFloat16, 32, 5);
        _columns = Layout.Attention.QkvColumns;
        Backend = TestBackend.Create();
        Cache = Backend.CreateKvCache(Layout);
        _rows = new DeterministicRandom(65).Gaussians(64 * _columns);
        _qkv = Backend.LoadTable(new ArrayTensor("qkv", _rows, 64, _columns));
        _output = Backend.CreateTensor(64, Layout.Attention.QueryColumns);
        Result = new float[Layout.Attention.QueryColumns];
    }

    public KvCacheLayout Layout { get; }

    public CudaBackend Backend { get; }

    public KvCache Cache { get; }

    /// <summary>Output of the last row that was decoded.</summary>
    public float[] Result { get; }

    /// <summary>The block that a position is in.</summary>
    public int BlockOf(int position) => Table[position / Layout.BlockSize];

    /// <summary>Appends as many tokens in one step, the first of the sequence.</summary>
    public void Prefill(int count)
    {
        Begin(new int[count], 0, Table);
        Attend();
        Backend.EndStep(_faults);
    }

    /// <summary>Appends one token in all layers.</summary>
    public void Decode(int position)
    {
        Begin(Token, position, Table);
        Attend();
        Backend.Download(_output, 1, Result);
        Backend.EndStep(_faults);
    }

    /// <summary>Starts a step.</summary>
    public void Begin(ReadOnlySpan<int> tokens, int position, ReadOnlySpan<int> table)
    {
        _batch.Clear();
        _batch.Add(tokens, position, table, 2, 0);
        Backend.BeginStep(_batch);
    }

    /// <summary>Attends in all layers of the step.</summary>
    public void Attend()
    {
        for (int layer = 0; layer < Layout.LayerCount; layer++)
        {
            Backend.Attend(Cache, layer, _batch, _qkv, _output);
        }
    }

    /// <summary>Reads the step's last layer.</summary>
    public void Download() => Backend.Download(_output, 1, Result);

    /// <summary>Ends a step.</summary>
    public void End() => Backend.EndStep(_faults);

    public void Dispose()
    {
        _output.Dispose();
        _qkv.Dispose();
        Cache.Dispose();
        Backend.Dispose();
    }
}
