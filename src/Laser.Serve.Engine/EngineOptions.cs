namespace Laser.Serve.Engine;

/// <summary>Limits of an engine. Each has a default that suits a small model on a small machine.</summary>
public sealed class EngineOptions
{
    /// <summary>Sequences that run at one time. 1 to 1024. More share one pass over the weights, each gets slower.</summary>
    public int MaxRunningSequences { get; set; } = 32;

    /// <summary>Tokens of one step, prompts and generated ones together. 16 to 65536. Smaller keeps running streams smooth.</summary>
    public int MaxTokensPerStep { get; set; } = 256;

    /// <summary>Requests that may wait; one more is refused at once. 1 to 100000.</summary>
    public int MaxQueuedRequests { get; set; } = 256;

    /// <summary>Longest sequence, prompt and generated tokens together; null takes the model's own limit.</summary>
    public int? MaxContextLength { get; set; }

    /// <summary>Memory for the key/value cache, in MiB. 1 to 1048576.</summary>
    public int KvCacheMebibytes { get; set; } = 256;

    /// <summary>Token positions per cache block: 16, 32, 64 or 128.</summary>
    public int BlockSize { get; set; } = 32;
}
