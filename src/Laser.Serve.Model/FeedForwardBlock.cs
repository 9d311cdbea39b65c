using Laser.Serve.Compute;
using Laser.Serve.Model.Loading;
using Laser.Serve.Model.Weights;

namespace Laser.Serve.Model;

/// <summary>
/// The gated feed-forward block of one layer, token by token: <c>down(activation(gate(x)) * up(x))</c>.
/// </summary>
internal sealed class FeedForwardBlock
{
    private readonly DecoderContext _model;
    private readonly DeviceMatrix _gateUpWeight;
    private readonly DeviceTensor? _gateUpBias;
    private readonly DeviceMatrix _downWeight;
    private readonly DeviceTensor? _downBias;

    /// <summary>Loads the weights; gate and up projection become one matrix.</summary>
    public FeedForwardBlock(DecoderContext model, LayerWeights weights, ModelMemory memory)
    {
        _model = model;
        _gateUpWeight = memory.Matrix(weights.Gate.Weight, weights.Up.Weight);
        _gateUpBias = memory.OptionalVector(weights.Gate.Bias, weights.Up.Bias);
        _downWeight = memory.Matrix(weights.Down.Weight);
        _downBias = memory.OptionalVector(weights.Down.Bias);
    }

    /// <summary>Computes <see cref="Activations.Delta"/> from <see cref="Activations.Normed"/>.</summary>
    public void Forward(int tokens)
    {
        IBackend backend = _model.Backend;

        DeviceTensor input = _model.Activations.Normed;     // [tokens, hidden]
        DeviceTensor gateUp = _model.Activations.GateUp;    // [tokens, 2 * intermediate]
        DeviceTensor gated = _model.Activations.Gated;      // [tokens, intermediate]
        DeviceTensor output = _model.Activations.Delta;     // [tokens, hidden]

        backend.Linear(input, tokens, _gateUpWeight, _gateUpBias, gateUp);
        backend.GatedActivate(gateUp, tokens, _model.Config.Activation, gated);
        backend.Linear(gated, tokens, _downWeight, _downBias, output);
    }
}
