using System.Text.Json.Nodes;
using Laser.Serve.Model.Checkpoints;
using Laser.Serve.Model.Conversion;
using Laser.Serve.Model.Tests.Checkpoints;

namespace Laser.Serve.Model.Tests.Conversion;

/// <summary>
/// A copy of one of <c>tests/golden-xtransformers</c> that a test may spoil, with a place beside it for the result.
/// </summary>
internal sealed class SourceFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SourceFolder(string name)
    {
        Original = System.IO.Path.Combine(Root, name);
        Directory.CreateDirectory(Path);
        Description = JsonNode.Parse(File.ReadAllText(System.IO.Path.Combine(Original, "x-transformers.json")))!;
        Tensors = [.. ReadTensors(System.IO.Path.Combine(Original, "model.safetensors"))];
        Save();
    }

    public static string Root => System.IO.Path.Combine(AppContext.BaseDirectory, "golden-xtransformers");

    /// <summary>The folder it is a copy of, with <c>expected.safetensors</c>.</summary>
    public string Original { get; }

    /// <summary>What holds source and target, and nothing else.</summary>
    public string Parent => _folder.Path;

    public string Path => _folder.File("source");

    public string Target => _folder.File("target");

    /// <summary>Content of <c>x-transformers.json</c>; written by <see cref="Save"/>.</summary>
    public JsonNode Description { get; }

    /// <summary>The tensors; written by <see cref="Save"/>.</summary>
    public List<StoredTensor> Tensors { get; }

    public ConversionRequest Request => new() { Source = Path, Target = Target };

    public static List<StoredTensor> ReadTensors(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return [.. file.Tensors.Select(tensor => new StoredTensor(
            tensor.Key,
            tensor.Value.ElementType,
            [.. tensor.Value.Shape.Select(count => (int)count)],
            file.Bytes(tensor.Value, 0, (int)tensor.Value.ByteSize).ToArray()))];
    }

    public void Save()
    {
        File.WriteAllText(System.IO.Path.Combine(Path, "x-transformers.json"), Description.ToJsonString());
        File.WriteAllBytes(System.IO.Path.Combine(Path, "model.safetensors"), SafetensorsBytes.Of(Tensors));
    }

    /// <summary>Changes tensors of the result, as a wrong converter would have written them.</summary>
    public void ChangeResult(Func<StoredTensor, StoredTensor> change)
    {
        string path = System.IO.Path.Combine(Target, "model.safetensors");
        File.WriteAllBytes(path, SafetensorsBytes.Of(ReadTensors(path).Select(change)));
    }

    public void Dispose() => _folder.Dispose();
}
