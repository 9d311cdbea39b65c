using Laser.Serve.Compute;

namespace Laser.Serve.Model.Checkpoints;

/// <summary>
/// The weights of a checkpoint folder: one <c>model.safetensors</c>, or an index and the files it names. Mapped, not
/// read: a tensor's bytes come from disk when they are used. Disposing the checkpoint ends all tensors taken from it.
/// </summary>
public sealed class Checkpoint : IDisposable
{
    private const string SingleFile = "model.safetensors";
    private const string IndexFile = "model.safetensors.index.json";

    private readonly List<SafetensorsFile> _files = [];
    private readonly Dictionary<string, SafetensorsFile> _fileOf = [];

    private Checkpoint(string folder) => Folder = folder;

    /// <summary>Where it lies.</summary>
    public string Folder { get; }

    /// <summary>Names of all tensors, in no particular order.</summary>
    public IReadOnlyCollection<string> TensorNames => _fileOf.Keys;

    /// <summary>Maps and checks the weight files of a folder.</summary>
    /// <exception cref="CheckpointException">A file is missing or broken.</exception>
    public static Checkpoint Open(string folder)
    {
        var checkpoint = new Checkpoint(folder);
        try
        {
            checkpoint.OpenFiles();
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Whether there is a tensor of that name.</summary>
    public bool Contains(string name) => _fileOf.ContainsKey(name);

    /// <summary>Takes a tensor as a matrix, or as one row when <paramref name="shape"/> has one dimension.</summary>
    /// <param name="name">A name in <see cref="TensorNames"/>.</param>
    /// <param name="shape">The dimensions the model needs: one or two.</param>
    /// <exception cref="CheckpointException">
    /// Its shape is another, or its element type is not F32, F16 or BF16.
    /// </exception>
    public HostTensor Get(string name, params ReadOnlySpan<int> shape)
    {
        SafetensorsFile file = _fileOf[name];
        TensorEntry entry = file.Tensors[name];
        if (!entry.HasShape(shape))
        {
            throw new CheckpointException(
                file.Path,
                $"tensor '{name}' has shape {entry.ShapeText}, the configuration asks for "
                + $"{TensorEntry.TextOf(shape)}.");
        }

        DataType type = ElementTypes.ToDataType(entry.ElementType) ?? throw new CheckpointException(
            file.Path, $"tensor '{name}' has element type {entry.ElementType}; weights must be F32, F16 or BF16.");
        int rows = shape.Length == 1 ? 1 : shape[0];
        int columns = shape[^1];
        if ((long)columns * type.ByteSize() > int.MaxValue)
        {
            throw new CheckpointException(
                file.Path, $"tensor '{name}' has rows of {columns} values, too long to be read.");
        }

        return new MappedTensor(file, entry, name, type, rows, columns);
    }

    /// <summary>Unmaps the files.</summary>
    public void Dispose()
    {
        foreach (SafetensorsFile file in _files)
        {
            file.Dispose();
        }
    }

    private void OpenFiles()
    {
        string single = Path.Combine(Folder, SingleFile);
        string index = Path.Combine(Folder, IndexFile);
        switch (File.Exists(single), File.Exists(index))
        {
            case (true, true):
                throw new CheckpointException(Folder, $"holds both {SingleFile} and {IndexFile}; remove one of them.");
            case (true, false):
                AddFile(single);
                break;
            case (false, true):
                OpenShards(index);
                break;
            default:
                throw new CheckpointException(Folder, $"holds neither {SingleFile} nor {IndexFile}.");
        }
    }

    private void OpenShards(string index)
    {
        IReadOnlyDictionary<string, string> shardOf = ShardIndex.Read(index);
        foreach (string shard in shardOf.Values.Distinct().Order(StringComparer.Ordinal))
        {
            AddFile(Path.Combine(Folder, shard));
        }

        foreach ((string name, string shard) in shardOf)
        {
            if (!_fileOf.TryGetValue(name, out SafetensorsFile? file) || Path.GetFileName(file.Path) != shard)
            {
                throw new CheckpointException(index, $"weight_map puts tensor '{name}' into {shard}, where it is not.");
            }
        }

        foreach ((string name, SafetensorsFile file) in _fileOf)
        {
            if (!shardOf.ContainsKey(name))
            {
                throw new CheckpointException(file.Path, $"tensor '{name}' is not in the weight_map of {IndexFile}.");
            }
        }
    }

    private void AddFile(string path)
    {
        SafetensorsFile file = SafetensorsFile.Open(path);
        _files.Add(file);
        foreach (string name in file.Tensors.Keys)
        {
            if (!_fileOf.TryAdd(name, file))
            {
                throw new CheckpointException(
                    path, $"tensor '{name}' is also in {Path.GetFileName(_fileOf[name].Path)}.");
            }
        }
    }
}
