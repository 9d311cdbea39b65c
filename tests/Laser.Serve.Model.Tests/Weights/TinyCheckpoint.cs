using Laser.Serve.Model.Tests.Checkpoints;
using Laser.Serve.Model.Tests.Configuration;
using Laser.Serve.Model.Weights;

namespace Laser.Serve.Model.Tests.Weights;

/// <summary>A checkpoint folder with every tensor its config.json calls for, each with numbers of its own.</summary>
internal sealed class TinyCheckpoint : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TinyCheckpoint(ConfigFile config)
    {
        _folder.Write("config.json", config.ToString());
        Config = ModelConfig.Load(_folder.Path);
        Tensors = [.. new WeightMap(Config).Shapes.Select(
            (weight, index) => StoredTensor.Counting(weight.Key, 1000 * index, weight.Value))];
    }

    public ModelConfig Config { get; }

    public string Path => _folder.Path;

    /// <summary>What <see cref="Save"/> writes; tests change it.</summary>
    public List<StoredTensor> Tensors { get; }

    public StoredTensor this[string name] => Tensors.Single(tensor => tensor.Name == name);

    public void Replace(string name, StoredTensor tensor) => Tensors[Tensors.IndexOf(this[name])] = tensor;

    public TinyCheckpoint Save()
    {
        _folder.Write("model.safetensors", SafetensorsBytes.Of(Tensors));
        return this;
    }

    public void Dispose() => _folder.Dispose();
}
