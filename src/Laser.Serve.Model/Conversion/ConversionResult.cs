namespace Laser.Serve.Model.Conversion;

/// <summary>What a conversion wrote.</summary>
/// <param name="Config">The written <c>config.json</c>, as the server reads it.</param>
/// <param name="TensorCount">Tensors in <c>model.safetensors</c>.</param>
/// <param name="ByteSize">Size of <c>model.safetensors</c>.</param>
/// <param name="HasTokenizer">Whether a tokenizer was copied; a server needs one.</param>
public sealed record ConversionResult(ModelConfig Config, int TensorCount, long ByteSize, bool HasTokenizer);
