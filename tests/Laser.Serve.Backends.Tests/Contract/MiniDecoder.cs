using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Testing;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Backends.Tests.Contract;

/// <summary>
/// A decoder of two layers with random weights of all storage types: every operation of the contract in the order of a real model, with
/// odd sizes, a bias, head norms and partial rotation.
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
    private readonly KvCache _cache;
    private readonly DeviceMatrix _embedding;
    private readonly DeviceMatrix _head;
    private readonly DeviceTensor _rotary;
    private readonly DeviceTensor _headNorm;
    private readonly Layer[] _layers;
    private readonly Dictionary<string, DeviceTensor> _activations;

    public MiniDecoder(IBackend backend, DataType keyType, DataType valueType)
    {
        var random = new DeterministicRandom(70);
        _backend = backend;
        _cache = backend.CreateKvCache(new KvCacheLayout
        {
            Attention = Spec,
            LayerCount = Layers,
            BlockSize = 16,
            BlockCount = 32,
            OpenSlotCount = 4,
            KeyType = keyType,
            ValueType = valueType,
        });
        _embedding = Matrix(random, Hidden, (DataType.BFloat16, Vocabulary));
        _head = Matrix(random, Hidden, (DataType.Float16, Vocabulary));
        _rotary = backend.LoadTable(RotaryTable());
        _headNorm = Vector(random, Spec.HeadDim);
        _layers = [.. Enumerable.Range(0, Layers).Select(_ => new Layer(
            Vector(random, Hidden),
            Matrix(random, Hidden, (DataType.Float32, 48), (DataType.BFloat16, 24), (DataType.Float16, 24)),
            Vector(random, Spec.QkvColumns),
            Matrix(random, Spec.QueryColumns, (DataType.BFloat16, Hidden)),
            Vector(random, Hidden),
            Matrix(random, Hidden, (DataType.BFloat16, Inner), (DataType.BFloat16, Inner)),
            Matrix(random, Inner, (DataType.Float32, Hidden))))];
        _activations = new()
        {
            ["hidden"] = backend.CreateTensor(MaxTokens, Hidden),
            ["normed"] = backend.CreateTensor(MaxTokens, Hidden),
            ["delta"] = backend.CreateTensor(MaxTokens, Hidden),
            ["qkv"] = backend.CreateTensor(MaxTokens, Spec.QkvColumns),
            ["attended"] = backend.CreateTensor(MaxTokens, Spec.QueryColumns),
            ["gateUp"] = backend.CreateTensor(MaxTokens, 2 * Inner),
            ["gated"] = backend.CreateTensor(MaxTokens, Inner),
            ["last"] = backend.CreateTensor(MaxTokens, Hidden),
            ["logits"] = backend.CreateTensor(MaxTokens, Vocabulary),
        };
    }

    /// <summary>Runs a step and returns the logits, <c>[LogitRowCount, Vocabulary]</c>.</summary>
    public float[] Step(ForwardBatch batch)
    {
        int rows = batch.TokenCount;
        DeviceTensor hidden = _activations["hidden"];
        var faults = new SequenceFault[batch.SequenceCount];
        float[] logits = new float[batch.LogitRowCount * Vocabulary];
        _backend.BeginStep(batch);
        _backend.Embed(batch, _embedding, hidden);
        for (int i = 0; i < Layers; i++)
        {
            Attention(i, batch, hidden);
            FeedForward(_layers[i], rows, hidden);
        }

        _backend.RmsNorm(hidden, rows, _layers[0].AttentionNorm, Epsilon, hidden);
        _backend.GatherLogitRows(batch, hidden, _activations["last"]);
        _backend.Linear(_activations["last"], batch.LogitRowCount, _head, null, _activations["logits"]);
        _backend.Download(_activations["logits"], batch.LogitRowCount, logits);
        _backend.EndStep(faults);
        Assert.All(faults, fault => Assert.Equal(SequenceFault.None, fault));
        return logits;
    }

    public void Dispose()
    {
        foreach (DeviceTensor tensor in _activations.Values)
        {
            tensor.Dispose();
        }

        foreach (Layer layer in _layers)
        {
            layer.Dispose();
        }

        _headNorm.Dispose();
        _rotary.Dispose();
        _head.Dispose();
        _embedding.Dispose();
        _cache.Dispose();
        _backend.Dispose();
    }

    private void Attention(int index, ForwardBatch batch, DeviceTensor hidden)
    {
        Layer layer = _layers[index];
        int rows = batch.TokenCount;
        DeviceTensor qkv = _activations["qkv"];
        _backend.RmsNorm(hidden, rows, layer.AttentionNorm, Epsilon, _activations["normed"]);
        _backend.Linear(_activations["normed"], rows, layer.Qkv, layer.QkvBias, qkv);
        _backend.HeadRmsNorm(qkv, rows, 0, Spec.Heads, Spec.HeadDim, _headNorm, Epsilon);
        _backend.HeadRmsNorm(qkv, rows, Spec.QueryColumns, Spec.KvHeads, Spec.HeadDim, _headNorm, Epsilon);
        _backend.RotaryEmbed(batch, qkv, Spec.Heads + Spec.KvHeads, Spec.HeadDim, _rotary);
        _backend.Attend(_cache, index, batch, qkv, _activations["attended"]);
        _backend.Linear(_activations["attended"], rows, layer.Output, null, _activations["delta"]);
        _backend.AddResidual(hidden, rows, _activations["delta"]);
    }

    private void FeedForward(Layer layer, int rows, DeviceTensor hidden)
    {
        _backend.RmsNorm(hidden, rows, layer.FeedForwardNorm, Epsilon, _activations["normed"]);
        _backend.Linear(_activations["normed"], rows, layer.GateUp, null, _activations["gateUp"]);
        _backend.GatedActivate(_activations["gateUp"], rows, Activation.Silu, _activations["gated"]);
        _backend.Linear(_activations["gated"], rows, layer.Down, null, _activations["delta"]);
        _backend.AddResidual(hidden, rows, _activations["delta"]);
    }

    private DeviceMatrix Matrix(DeterministicRandom random, int inputs, params (DataType Type, int Rows)[] parts) =>
        _backend.LoadMatrix([.. parts.Select(
            part => StoredTensor.Random(random, part.Type, part.Rows, inputs, 1 / Math.Sqrt(inputs)))]);

    private DeviceTensor Vector(DeterministicRandom random, int columns) =>
        _backend.LoadTable(StoredTensor.Random(random, DataType.BFloat16, 1, columns));

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
        DeviceMatrix Down) : IDisposable
    {
        public void Dispose()
        {
            foreach (IDisposable part in (IDisposable[])[AttentionNorm, Qkv, QkvBias, Output, FeedForwardNorm, GateUp, Down])
            {
                part.Dispose();
            }
        }
    }
}
