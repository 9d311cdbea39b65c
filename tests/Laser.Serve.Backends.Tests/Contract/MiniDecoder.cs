using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Testing;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Backends.Tests.Contract;

/// <summary>
/// A decoder of two layers with random weights of all storage types: every operation of the contract in the order of a
/// real model, with odd sizes, a bias, head norms and partial rotation.
/// </summary>
internal sealed class MiniDecoder : IDisposable
{
    public const int Vocabulary = 53;
    private const int Layers = 2;
    private const int Hidden = 44;
    private const int Inner = 58;
    private const int RotatedHalf = 4;
    private const int MaxTokens = 128;
    private const float Epsilon = 1e-5f;
    private static readonly LaserAttentionSpec Spec = new(AttentionVariant.Laser, 4, 2, 12, 0.28867513f);

    private readonly IBackend _backend;
    private readonly List<IDisposable> _owned = [];
    private readonly KvCache _cache;
    private readonly DeviceMatrix _embedding;
    private readonly DeviceMatrix _head;
    private readonly DeviceTensor _rotary;
    private readonly DeviceTensor _headNorm;
    private readonly Layer[] _layers;
    private readonly DeviceTensor _hidden;
    private readonly DeviceTensor _normed;
    private readonly DeviceTensor _delta;
    private readonly DeviceTensor _qkv;
    private readonly DeviceTensor _attended;
    private readonly DeviceTensor _gateUp;
    private readonly DeviceTensor _gated;
    private readonly DeviceTensor _last;
    private readonly DeviceTensor _logits;

    public MiniDecoder(IBackend backend, DataType keyType, DataType valueType)
    {
        var random = new DeterministicRandom(70);
        _backend = Own(backend);
        _cache = Own(backend.CreateKvCache(new KvCacheLayout
        {
            Attention = Spec,
            LayerCount = Layers,
            BlockSize = 16,
            BlockCount = 32,
            OpenSlotCount = 4,
            KeyType = keyType,
            ValueType = valueType,
        }));
        _embedding = Own(backend.LoadEmbedding(
            StoredTensor.Random(random, DataType.BFloat16, Vocabulary, Hidden, 1 / Math.Sqrt(Hidden))));
        _head = Matrix(random, Hidden, (DataType.Float16, Vocabulary));
        _rotary = Own(backend.LoadTable(RotaryTable()));
        _headNorm = Vector(random, Spec.HeadDim);
        _layers = [.. Enumerable.Range(0, Layers).Select(_ => new Layer(
            Vector(random, Hidden),
            Matrix(random, Hidden, (DataType.Float32, 48), (DataType.BFloat16, 24), (DataType.Float16, 24)),
            Vector(random, Spec.QkvColumns),
            Matrix(random, Spec.QueryColumns, (DataType.BFloat16, Hidden)),
            Vector(random, Hidden),
            Matrix(random, Hidden, (DataType.BFloat16, Inner), (DataType.BFloat16, Inner)),
            Matrix(random, Inner, (DataType.Float32, Hidden))))];
        _hidden = Tensor(Hidden);
        _normed = Tensor(Hidden);
        _delta = Tensor(Hidden);
        _qkv = Tensor(Spec.QkvColumns);
        _attended = Tensor(Spec.QueryColumns);
        _gateUp = Tensor(2 * Inner);
        _gated = Tensor(Inner);
        _last = Tensor(Hidden);
        _logits = Tensor(Vocabulary);
    }

    /// <summary>Runs a step and returns the logits, <c>[LogitRowCount, Vocabulary]</c>.</summary>
    public float[] Step(ForwardBatch batch)
    {
        int rows = batch.TokenCount;
        var faults = new SequenceFault[batch.SequenceCount];
        float[] logits = new float[batch.LogitRowCount * Vocabulary];
        _backend.BeginStep(batch);
        _backend.Embed(batch, _embedding, _hidden);
        for (int i = 0; i < Layers; i++)
        {
            Attention(i, batch);
            FeedForward(_layers[i], rows);
        }

        _backend.RmsNorm(_hidden, rows, _layers[0].AttentionNorm, Epsilon, _hidden);
        _backend.GatherLogitRows(batch, _hidden, _last);
        _backend.Linear(_last, batch.LogitRowCount, _head, null, _logits);
        _backend.Download(_logits, batch.LogitRowCount, logits);
        _backend.EndStep(faults);
        Assert.All(faults, fault => Assert.Equal(SequenceFault.None, fault));
        return logits;
    }

    public void Dispose()
    {
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }
    }

    private void Attention(int index, ForwardBatch batch)
    {
        Layer layer = _layers[index];
        int rows = batch.TokenCount;
        _backend.RmsNorm(_hidden, rows, layer.AttentionNorm, Epsilon, _normed);
        _backend.Linear(_normed, rows, layer.Qkv, layer.QkvBias, _qkv);
        _backend.HeadRmsNorm(_qkv, rows, 0, Spec.Heads, Spec.HeadDim, _headNorm, Epsilon);
        _backend.HeadRmsNorm(_qkv, rows, Spec.QueryColumns, Spec.KvHeads, Spec.HeadDim, _headNorm, Epsilon);
        _backend.RotaryEmbed(batch, _qkv, Spec.Heads + Spec.KvHeads, Spec.HeadDim, _rotary);
        _backend.Attend(_cache, index, batch, _qkv, _attended);
        _backend.Linear(_attended, rows, layer.Output, null, _delta);
        _backend.AddResidual(_hidden, rows, _delta);
    }

    private void FeedForward(Layer layer, int rows)
    {
        _backend.RmsNorm(_hidden, rows, layer.FeedForwardNorm, Epsilon, _normed);
        _backend.Linear(_normed, rows, layer.GateUp, null, _gateUp);
        _backend.GatedActivate(_gateUp, rows, Activation.Silu, _gated);
        _backend.Linear(_gated, rows, layer.Down, null, _delta);
        _backend.AddResidual(_hidden, rows, _delta);
    }

    private T Own<T>(T item)
        where T : IDisposable
    {
        _owned.Add(item);
        return item;
    }

    private DeviceMatrix Matrix(DeterministicRandom random, int inputs, params (DataType Type, int Rows)[] parts) =>
        Own(_backend.LoadMatrix([.. parts.Select(
            part => StoredTensor.Random(random, part.Type, part.Rows, inputs, 1 / Math.Sqrt(inputs)))]));

    private DeviceTensor Vector(DeterministicRandom random, int columns) =>
        Own(_backend.LoadTable(StoredTensor.Random(random, DataType.BFloat16, 1, columns)));

    private DeviceTensor Tensor(int columns) => Own(_backend.CreateTensor(MaxTokens, columns));

    private static ArrayTensor RotaryTable()
    {
        float[] table = new float[MaxTokens * 2 * RotatedHalf];
        for (int i = 0; i < table.Length; i++)
        {
            double angle = i / (2 * RotatedHalf) / Math.Pow(1000, i % RotatedHalf / (double)RotatedHalf);
            table[i] = (float)(i % (2 * RotatedHalf) < RotatedHalf ? Math.Cos(angle) : Math.Sin(angle));
        }

        return new ArrayTensor("rotary", table, MaxTokens, 2 * RotatedHalf);
    }

    private sealed record Layer(
        DeviceTensor AttentionNorm,
        DeviceMatrix Qkv,
        DeviceTensor QkvBias,
        DeviceMatrix Output,
        DeviceTensor FeedForwardNorm,
        DeviceMatrix GateUp,
        DeviceMatrix Down);
}
