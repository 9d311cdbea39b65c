namespace Laser.Serve.Hosting;

/// <summary>What is served, and on what.</summary>
public sealed class ModelOptions
{
    /// <summary>Folder of a checkpoint in Hugging Face layout; null takes the bundled model.</summary>
    public string? Path { get; set; }

    /// <summary>Name that clients use; null takes the folder's name.</summary>
    public string? Name { get; set; }

    /// <summary>
    /// Device: <c>cpu</c>, <c>cuda</c> (the first NVIDIA device), <c>cuda:1</c> and so on, or <c>auto</c>: the first NVIDIA device where
    /// there is one, else the processor. Several of one kind, with commas between them, get an engine each, with weights and a
    /// cache of its own.
    /// </summary>
    public string Device { get; set; } = "auto";

    /// <summary>
    /// Threads that compute on the processor, or choose tokens beside a CUDA device; null takes all processors, for the latter at
    /// most 8. For several devices those of each; null divides the processors.
    /// </summary>
    public int? Threads { get; set; }

    /// <summary>
    /// How a device keeps weights: <c>auto</c>, as the checkpoint does, or <c>int8</c>, quantized when they are loaded.
    /// </summary>
    public string Weights { get; set; } = "auto";

    /// <summary>
    /// Whether a device multiplies bf16 weights by its dot product of bf16 pairs, or its tensor cores, which is faster and
    /// rounds activations to bf16: <c>auto</c> (where it can), <c>off</c> or <c>require</c>.
    /// </summary>
    public string Bf16Dot { get; set; } = "auto";

    /// <summary>
    /// Folder where the CPU device keeps packed weights, to map them at the next start; null packs at each start.
    /// </summary>
    public string? PackedWeights { get; set; }

    /// <summary>Folder where a CUDA device keeps compiled kernels; null compiles them at each start.</summary>
    public string? KernelCache { get; set; }

    /// <summary>
    /// Whether weights are searched for NaN and infinity at load, and packed weights compared to their hashes.
    /// </summary>
    public bool CheckWeights { get; set; }

    /// <summary>Devices that are named.</summary>
    internal int DeviceCount => DeviceSetting.Parse(Device).Length;

    /// <summary>The same for each device by itself.</summary>
    internal IEnumerable<ModelOptions> PerDevice()
    {
        string[] devices = DeviceSetting.Parse(Device);
        foreach (string device in devices)
        {
            var one = (ModelOptions)MemberwiseClone();
            one.Device = device;
            one.Threads ??= devices.Length == 1 ? null : BackendFactory.ThreadsOf(device, devices.Length);
            yield return one;
        }
    }

    /// <summary>Adds a sentence for each setting that is wrong.</summary>
    internal void FindErrors(string section, List<string> errors)
    {
        DeviceSetting.FindErrors(errors, $"{section}:{nameof(Device)}", Device);
        SettingCheck.OneOf(errors, $"{section}:{nameof(Weights)}", Weights, "auto", "int8");
        SettingCheck.OneOf(errors, $"{section}:{nameof(Bf16Dot)}", Bf16Dot, "auto", "off", "require");
    }
}
