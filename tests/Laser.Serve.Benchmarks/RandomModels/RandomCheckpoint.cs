using System.Text.Json;
using System.Text.Json.Nodes;
using Laser.Serve.Model.Checkpoints;

namespace Laser.Serve.Benchmarks.RandomModels;

/// <summary>
/// The files of a shape in a folder: <c>laser/</c> and <c>softmax/</c> in Hugging Face layout with the same weights,
/// and, if asked for, <c>bf16.gguf</c> and <c>q8_0.gguf</c>. A file that is there was written to its end.
/// </summary>
internal static class RandomCheckpoint
{
    private const string WeightsName = "model.safetensors";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Writes what is not there yet.</summary>
    /// <exception cref="IOException">The disk has no room for it.</exception>
    public static void Write(string folder, PeerShape shape, bool withGguf)
    {
        Directory.CreateDirectory(folder);
        (string Path, long ByteSize, Action<string> Write)[] files =
        [
            (Path.Combine(folder, WeightsName), SafetensorsSize(shape), path => WriteSafetensors(path, shape)),
            .. withGguf ? new[] { Gguf("bf16", GgufType.BF16), Gguf("q8_0", GgufType.Q8) } : [],
        ];
        RequireRoom(folder, files.Where(file => !File.Exists(file.Path)).Sum(file => file.ByteSize));
        foreach ((string path, _, Action<string> write) in files.Where(file => !File.Exists(file.Path)))
        {
            string partial = path + ".partial";
            File.Delete(partial);
            write(partial);
            File.Move(partial, path);
            Console.WriteLine(path);
        }

        WriteVariant(folder, shape, "laser");
        WriteVariant(folder, shape, "softmax");

        (string, long, Action<string>) Gguf(string name, GgufType type) => (
            Path.Combine(folder, $"{name}.gguf"),
            GgufFile.ByteSize(shape, type),
            path => GgufFile.Write(path, shape, type));
    }

    private static long SafetensorsSize(PeerShape shape) => GgufFile.ByteSize(shape, GgufType.BF16);

    private static void RequireRoom(string folder, long byteSize)
    {
        // Half as much again is left for others.
        long free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        if (byteSize + (byteSize / 2) > free)
        {
            throw new IOException($"{folder}: {byteSize >> 20} MiB are to be written and {free >> 20} MiB are free.");
        }
    }

    private static void WriteSafetensors(string path, PeerShape shape)
    {
        PeerTensor[] tensors = [.. shape.Tensors()];
        SafetensorsWriter.Write(
            path,
            tensors.ToDictionary(
                tensor => tensor.Name,
                tensor => tensor.IsVector ? new[] { tensor.Columns } : [tensor.Rows, tensor.Columns]),
            tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Create()),
            CancellationToken.None);
    }

    private static void WriteVariant(string folder, PeerShape shape, string attention)
    {
        string variant = Path.Combine(folder, attention);
        Directory.CreateDirectory(variant);
        File.WriteAllText(Path.Combine(variant, "tokenizer.json"), RandomTokenizer.Create());
        File.WriteAllText(Path.Combine(variant, "config.json"), Config(shape, attention).ToJsonString(Indented));
        string link = Path.Combine(variant, WeightsName);
        File.Delete(link);
        File.CreateSymbolicLink(link, Path.Combine("..", WeightsName));
    }

    private static JsonObject Config(PeerShape shape, string attention) => new()
    {
        ["model_type"] = "laser",
        ["attention_variant"] = attention,
        ["hidden_size"] = shape.Hidden,
        ["intermediate_size"] = shape.Inner,
        ["num_hidden_layers"] = shape.LayerCount,
        ["num_attention_heads"] = shape.Heads,
        ["num_key_value_heads"] = shape.KvHeads,
        ["head_dim"] = PeerShape.HeadDim,
        ["vocab_size"] = PeerShape.VocabularySize,
        ["rms_norm_eps"] = PeerShape.RmsNormEpsilon,
        ["rope_theta"] = PeerShape.RotaryBase,
        ["max_position_embeddings"] = PeerShape.ContextLength,
        ["tie_word_embeddings"] = false,
        ["hidden_act"] = "silu",
        ["bos_token_id"] = null,
        ["eos_token_id"] = null,
        ["torch_dtype"] = "bfloat16",
    };
}
