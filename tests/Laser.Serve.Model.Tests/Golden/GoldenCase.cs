using System.Runtime.InteropServices;
using Laser.Serve.Model.Checkpoints;

namespace Laser.Serve.Model.Tests.Golden;

/// <summary>
/// One folder of <c>tests/golden</c>: a checkpoint and what the reference, in double precision, computes with it.
/// <c>prompt</c> I64 <c>[P]</c>, <c>greedy</c> I64 <c>[128]</c>, and <c>logits</c> F32 <c>[P + 127, vocabulary]</c> at
/// every position of the prompt and all but the last greedy token.
/// </summary>
internal sealed class GoldenCase
{
    private GoldenCase(string folder)
    {
        Folder = folder;
        using SafetensorsFile expected = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        Prompt = Read<long>(expected, "prompt", "I64").ConvertAll(id => (int)id);
        Greedy = Read<long>(expected, "greedy", "I64").ConvertAll(id => (int)id);
        Logits = [.. Read<float>(expected, "logits", "F32")];
    }

    public static string Root => Path.Combine(AppContext.BaseDirectory, "golden");

    /// <summary>All cases.</summary>
    public static IEnumerable<string> Names =>
        Directory.GetDirectories(Root).Select(folder => Path.GetFileName(folder)).Order();

    public string Folder { get; }

    public List<int> Prompt { get; }

    public List<int> Greedy { get; }

    /// <summary>Row by row.</summary>
    public float[] Logits { get; }

    /// <summary>The tokens the rows of <see cref="Logits"/> belong to.</summary>
    public int[] Tokens => [.. Prompt, .. Greedy[..^1]];

    public static GoldenCase Load(string name) => new(Path.Combine(Root, name));

    /// <summary>A folder with the same kind of expectation, elsewhere.</summary>
    public static GoldenCase LoadFrom(string folder) => new(folder);

    private static List<T> Read<T>(SafetensorsFile file, string name, string elementType)
        where T : unmanaged
    {
        TensorEntry tensor = file.Tensors[name];
        Assert.Equal(elementType, tensor.ElementType);
        return [.. MemoryMarshal.Cast<byte, T>(file.Bytes(tensor, 0, (int)tensor.ByteSize))];
    }
}
