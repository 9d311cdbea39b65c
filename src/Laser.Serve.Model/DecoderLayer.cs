using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Model.Loading;
using Laser.Serve.Model.Weights;

namespace Laser.Serve.Model;

/// <summary>
/// One layer: <c>x = x + attention(norm(x))</c>, then <c>x = x + feedForward(norm(x))</c>. Attention is the only place
/// where tokens see each other.
/// </summary>
internal sealed class DecoderLayer
{
    private readonly DecoderContext _model;
    private readonly DeviceTensor _attentionNorm;
    private readonly DeviceTensor _feedForwardNorm;
    private readonly AttentionBlock _attention;
    private readonly FeedForwardBlock _feedForward;

    /// <summary>Loads the layer's weights.</summary>
    public DecoderLayer(DecoderContext model, int index, LayerWeights weights, ModelMemory memory)
    {
        _model = model;
        _attentionNorm = memory.Vector(weights.InputNorm);
        _attention = new AttentionBlock(model, index, weights, memory);
        _feedForwardNorm = memory.Vector(weights.PostAttentionNorm);
        _feedForward = new FeedForwardBlock(model, weights, memory);
    }

    /// <summary>Adds the layer's two blocks to the residual stream.</summary>
    public void Forward(ForwardBatch batch, KvCache cache)
    {
        int tokens = batch.TokenCount;

        Normalize(tokens, _attentionNorm);
        _attention.Forward(batch, cache);
        AddToResidual(tokens);

        Normalize(tokens, _feedForwardNorm);
        _feedForward.Forward(tokens);
        AddToResidual(tokens);
    }

    private void Normalize(int tokens, DeviceTensor weight) => _model.Backend.RmsNorm(
        _model.Activations.Residual, tokens, weight, _model.Config.RmsNormEpsilon, _model.Activations.Normed);

    private void AddToResidual(int tokens) =>
        _model.Backend.AddResidual(_model.Activations.Residual, tokens, _model.Activations.Delta);
}
