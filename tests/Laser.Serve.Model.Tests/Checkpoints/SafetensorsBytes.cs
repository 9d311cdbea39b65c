using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace Laser.Serve.Model.Tests.Checkpoints;

/// <summary>Makes safetensors files, well-formed ones and others.</summary>
internal static class SafetensorsBytes
{
    /// <summary>A file of a header, written as it is, and so many bytes of data 0, 1, 2...</summary>
    public static byte[] Of(string header, int dataLength) =>
        Of(header, [.. Enumerable.Range(0, dataLength).Select(i => (byte)i)]);

    public static byte[] Of(string header, byte[] data)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        return [.. length, .. json, .. data];
    }

    /// <summary>A well-formed file of tensors.</summary>
    public static byte[] Of(IEnumerable<StoredTensor> tensors)
    {
        var header = new Dictionary<string, object> { ["__metadata__"] = new { format = "pt" } };
        var data = new List<byte>();
        foreach (StoredTensor tensor in tensors)
        {
            header[tensor.Name] = new Dictionary<string, object>
            {
                ["dtype"] = tensor.ElementType,
                ["shape"] = tensor.Shape,
                ["data_offsets"] = new[] { data.Count, data.Count + tensor.Bytes.Length },
            };
            data.AddRange(tensor.Bytes);
        }

        return Of(JsonSerializer.Serialize(header), [.. data]);
    }
}
