using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Model.Loading;
using Laser.Serve.Model.Weights;

namespace Laser.Serve.Model;

/// <summary>
/// Attention of one layer. Queries, keys and values are linear in the normalized residual stream; queries and keys
/// carry their position by rotation; LASER attention (<see cref="LaserAttentionSpec"/>) mixes the values of all tokens
/// up to each; a last map leads back.
/// </summary>
internal sealed class AttentionBlock
{
    private readonly DecoderContext _model;
    private readonly int _layer;
    private readonly DeviceMatrix _qkvWeight;
    private readonly DeviceTensor? _qkvBias;
    private readonly DeviceTensor? _queryNorm;
    private readonly DeviceTensor? _keyNorm;
    private readonly DeviceMatrix _outputWeight;
    private readonly DeviceTensor? _outputBias;

    /// <summary>
    /// Loads the weights; the three input projections become one matrix, so that their input is read once.
    /// </summary>
    public AttentionBlock(DecoderContext model, int layer, LayerWeights weights, ModelMemory memory)
    {
        _model = model;
        _layer = layer;
        _qkvWeight = memory.Matrix(weights.Query.Weight, weights.Key.Weight, weights.Value.Weight);
        _qkvBias = memory.OptionalVector(weights.Query.Bias, weights.Key.Bias, weights.Value.Bias);
        _queryNorm = memory.OptionalVector(weights.QueryNorm);
        _keyNorm = memory.OptionalVector(weights.KeyNorm);
        _outputWeight = memory.Matrix(weights.Output.Weight);
        _outputBias = memory.OptionalVector(weights.Output.Bias);
    }

    /// <summary>
    /// Computes <see cref="Activations.Delta"/> from <see cref="Activations.Normed"/>; the batch's keys and values go
    /// into the cache.
    /// </summary>
    public void Forward(ForwardBatch batch, KvCache cache)
    {
        IBackend backend = _model.Backend;
        LaserAttentionSpec heads = _model.Config.Attention;
        int tokens = batch.TokenCount;

        DeviceTensor input = _model.Activations.Normed;         // [tokens, hidden]
        DeviceTensor qkv = _model.Activations.Qkv;              // [tokens, (heads + 2 kvHeads) * headDim]
        DeviceTensor attended = _model.Activations.Attended;    // [tokens, heads * headDim]
        DeviceTensor output = _model.Activations.Delta;         // [tokens, hidden]

        backend.Linear(input, tokens, _qkvWeight, _qkvBias, qkv);
        NormalizeHeads(qkv, tokens);

        // Queries and keys lie side by side, so that one call turns both; values have no position.
        backend.RotaryEmbed(batch, qkv, heads.Heads + heads.KvHeads, heads.HeadDim, _model.RotaryTable);
        backend.Attend(cache, _layer, batch, qkv, attended);
        backend.Linear(attended, tokens, _outputWeight, _outputBias, output);
    }

    private void NormalizeHeads(DeviceTensor qkv, int tokens)
    {
        IBackend backend = _model.Backend;
        LaserAttentionSpec heads = _model.Config.Attention;
        float epsilon = _model.Config.RmsNormEpsilon;
        if (_queryNorm is not null)
        {
            backend.HeadRmsNorm(qkv, tokens, 0, heads.Heads, heads.HeadDim, _queryNorm, epsilon);
        }

        if (_keyNorm is not null)
        {
            backend.HeadRmsNorm(qkv, tokens, heads.QueryColumns, heads.KvHeads, heads.HeadDim, _keyNorm, epsilon);
        }
    }
}
