using Laser.Serve.Compute;

namespace Laser.Serve.Model.Checkpoints;

/// <summary>Element types of the safetensors format. Any may stand in a file; weights must be one of three.</summary>
internal static class ElementTypes
{
    /// <summary>Size of one element, or null when the type is unknown.</summary>
    public static int? ByteSize(string elementType) => elementType switch
    {
        "BOOL" or "U8" or "I8" or "F8_E4M3" or "F8_E5M2" or "F8_E8M0" => 1,
        "U16" or "I16" or "F16" or "BF16" => 2,
        "U32" or "I32" or "F32" => 4,
        "U64" or "I64" or "F64" or "C64" => 8,
        _ => null,
    };

    /// <summary>The type as the backends know it, or null when they do not.</summary>
    public static DataType? ToDataType(string elementType) => elementType switch
    {
        "F32" => DataType.Float32,
        "F16" => DataType.Float16,
        "BF16" => DataType.BFloat16,
        _ => null,
    };

    /// <summary>The name of a type the backends know.</summary>
    public static string NameOf(DataType type) => type switch
    {
        DataType.Float32 => "F32",
        DataType.Float16 => "F16",
        DataType.BFloat16 => "BF16",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown type."),
    };
}
