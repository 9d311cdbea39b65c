using Laser.Serve.Compute;

namespace Laser.Serve.Model;

/// <summary>What all layers of a model have in common.</summary>
/// <param name="Backend">The device.</param>
/// <param name="Config">The model's shapes and constants.</param>
/// <param name="RotaryTable">Cosines and sines by position, <c>[positions, cos | sin]</c>.</param>
/// <param name="Activations">Scratch memory.</param>
internal sealed record DecoderContext(
    IBackend Backend, ModelConfig Config, DeviceTensor RotaryTable, Activations Activations);
