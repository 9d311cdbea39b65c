namespace Laser.Serve.Hosting;

/// <summary>What is served, and on what.</summary>
public sealed class ModelOptions
{
    /// <summary>Folder of a checkpoint in Hugging Face layout; null takes the bundled model.</summary>
    public string? Path { get; set; }

    /// <summary>Name that clients use; null takes the folder's name.</summary>
    public string? Name { get; set; }

    /// <summary>Device: <c>auto</c> or <c>cpu</c>.</summary>
    public string Device { get; set; } = "auto";

    /// <summary>Threads of the CPU device; null takes all processors.</summary>
    public int? Threads { get; set; }

    /// <summary>Whether weights are searched for NaN and infinity at load.</summary>
    public bool CheckWeights { get; set; }
}
