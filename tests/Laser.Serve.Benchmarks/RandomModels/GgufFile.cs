using System.Text;
using Laser.Serve.Compute;

namespace Laser.Serve.Benchmarks.RandomModels;

/// <summary>
/// Writes a random checkpoint as GGUF version 3, architecture llama, without a tokenizer. Rotary pairs lie otherwise
/// than in Hugging Face layout, and rows of q and k are not reordered: it computes as much, but not the same.
/// </summary>
internal static class GgufFile
{
    private const int Alignment = 32;
    private const uint TypeUInt32 = 4;
    private const uint TypeFloat32 = 6;
    private const uint TypeString = 8;

    /// <summary>Bytes of the data.</summary>
    public static long ByteSize(PeerShape shape, GgufType type) =>
        shape.Tensors().Sum(tensor => Padded(GgufRows.ByteSize(TypeOf(tensor, type), tensor.Count)));

    public static void Write(string path, PeerShape shape, GgufType type)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
        using var header = new BinaryWriter(file, Encoding.UTF8);
        PeerTensor[] tensors = [.. shape.Tensors()];
        header.Write("GGUF"u8);
        header.Write(3u);
        header.Write((ulong)tensors.Length);
        WriteSettings(header, shape);
        WriteTable(header, tensors, type);
        Pad(header);
        foreach (PeerTensor tensor in tensors)
        {
            WriteData(file, tensor, TypeOf(tensor, type));
            Pad(header);
        }
    }

    private static void WriteSettings(BinaryWriter header, PeerShape shape)
    {
        (string Key, object Value)[] settings =
        [
            ("general.architecture", "llama"),
            ("general.name", $"random {shape.Name}"),
            ("llama.context_length", (uint)PeerShape.ContextLength),
            ("llama.embedding_length", (uint)shape.Hidden),
            ("llama.block_count", (uint)shape.LayerCount),
            ("llama.feed_forward_length", (uint)shape.Inner),
            ("llama.attention.head_count", (uint)shape.Heads),
            ("llama.attention.head_count_kv", (uint)shape.KvHeads),
            ("llama.attention.layer_norm_rms_epsilon", PeerShape.RmsNormEpsilon),
            ("llama.rope.dimension_count", (uint)PeerShape.HeadDim),
            ("llama.rope.freq_base", PeerShape.RotaryBase),
            ("llama.vocab_size", (uint)PeerShape.VocabularySize),
            ("tokenizer.ggml.model", "no_vocab"),
        ];
        header.Write((ulong)settings.Length);
        foreach ((string key, object value) in settings)
        {
            WriteString(header, key);
            switch (value)
            {
                case uint number:
                    header.Write(TypeUInt32);
                    header.Write(number);
                    break;
                case float number:
                    header.Write(TypeFloat32);
                    header.Write(number);
                    break;
                default:
                    header.Write(TypeString);
                    WriteString(header, (string)value);
                    break;
            }
        }
    }

    private static void WriteTable(BinaryWriter header, PeerTensor[] tensors, GgufType type)
    {
        long offset = 0;
        foreach (PeerTensor tensor in tensors)
        {
            // The fastest dimension comes first.
            ulong[] dimensions =
                tensor.IsVector ? [(ulong)tensor.Columns] : [(ulong)tensor.Columns, (ulong)tensor.Rows];
            WriteString(header, tensor.GgufName);
            header.Write((uint)dimensions.Length);
            Array.ForEach(dimensions, header.Write);
            header.Write((uint)TypeOf(tensor, type));
            header.Write((ulong)offset);
            offset += Padded(GgufRows.ByteSize(TypeOf(tensor, type), tensor.Count));
        }
    }

    private static void WriteData(Stream file, PeerTensor tensor, GgufType type)
    {
        HostTensor values = tensor.Create();
        var row = new float[tensor.Columns];
        byte[] bytes = new byte[GgufRows.ByteSize(GgufType.F32, tensor.Columns)];
        for (int i = 0; i < tensor.Rows; i++)
        {
            GgufRows.Write(file, values, i, type, row, bytes);
        }
    }

    private static GgufType TypeOf(PeerTensor tensor, GgufType type) => tensor.IsVector ? GgufType.F32 : type;

    private static void WriteString(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static long Padded(long size) => (size + Alignment - 1) / Alignment * Alignment;

    private static void Pad(BinaryWriter writer)
    {
        writer.Flush();
        long position = writer.BaseStream.Position;
        writer.Write(new byte[Padded(position) - position]);
        writer.Flush();
    }
}
