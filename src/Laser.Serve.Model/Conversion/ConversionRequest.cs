namespace Laser.Serve.Model.Conversion;

/// <summary>What is to be converted, and where the result goes.</summary>
public sealed record ConversionRequest
{
    /// <summary>Folder with the weights (safetensors) and <c>x-transformers.json</c>.</summary>
    public required string Source { get; init; }

    /// <summary>Folder to be made. Its parent must exist.</summary>
    public required string Target { get; init; }

    /// <summary>Folder whose <c>tokenizer.json</c> and <c>tokenizer_config.json</c> are copied, if any.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>Whether a checkpoint that lies at <see cref="Target"/> is replaced.</summary>
    public bool Overwrite { get; init; }
}
