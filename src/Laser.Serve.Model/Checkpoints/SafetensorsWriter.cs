using System.Buffers.Binary;
using System.Text.Json;
using Laser.Serve.Compute;

namespace Laser.Serve.Model.Checkpoints;

/// <summary>Writes a safetensors file row by row; no tensor is held in memory.</summary>
internal static class SafetensorsWriter
{
    // Readers that map the file want the data aligned.
    private const int Alignment = 8;
    private const int BufferSize = 1 << 20;

    /// <summary>Writes the file and flushes it to disk.</summary>
    /// <param name="path">A file that does not exist.</param>
    /// <param name="shapes">Names and shapes of what is written, in this order.</param>
    /// <param name="tensors">At least these tensors.</param>
    /// <param name="cancellationToken">Looked at before every row.</param>
    public static void Write(
        string path,
        IReadOnlyDictionary<string, int[]> shapes,
        IReadOnlyDictionary<string, HostTensor> tensors,
        CancellationToken cancellationToken)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, BufferSize);
        file.Write(Header(shapes, tensors));
        foreach (HostTensor tensor in shapes.Keys.Select(name => tensors[name]))
        {
            for (int row = 0; row < tensor.Rows; row++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                file.Write(tensor.RowBytes(row));
            }
        }

        file.Flush(flushToDisk: true);
    }

    private static byte[] Header(
        IReadOnlyDictionary<string, int[]> shapes, IReadOnlyDictionary<string, HostTensor> tensors)
    {
        using var header = new MemoryStream();
        header.Write(stackalloc byte[sizeof(long)]);
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            json.WriteString("format", "pt");
            json.WriteEndObject();
            long begin = 0;
            foreach ((string name, int[] shape) in shapes)
            {
                begin = WriteEntry(json, tensors[name], shape, begin);
            }

            json.WriteEndObject();
        }

        while (header.Length % Alignment != 0)
        {
            header.WriteByte((byte)' ');
        }

        byte[] bytes = header.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(bytes, bytes.Length - sizeof(long));
        return bytes;
    }

    private static long WriteEntry(Utf8JsonWriter json, HostTensor tensor, int[] shape, long begin)
    {
        if ((shape.Length == 1 ? 1 : shape[0]) != tensor.Rows || shape[^1] != tensor.Columns)
        {
            throw new ArgumentException(
                $"{tensor.Name} is {tensor.Rows} x {tensor.Columns}, not {TensorEntry.TextOf(shape)}.", nameof(shape));
        }

        long end = begin + ((long)tensor.Rows * tensor.Columns * tensor.Type.ByteSize());
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", ElementTypes.NameOf(tensor.Type));
        WriteNumbers(json, "shape", [.. shape]);
        WriteNumbers(json, "data_offsets", [begin, end]);
        json.WriteEndObject();
        return end;
    }

    private static void WriteNumbers(Utf8JsonWriter json, string key, long[] numbers)
    {
        json.WriteStartArray(key);
        foreach (long number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }
}
