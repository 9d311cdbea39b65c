using System.Text.Json.Serialization;

namespace Laser.Serve.Cpu.Packed;

/// <summary>What stands behind the panels in a file of packed weights.</summary>
/// <param name="Layout">Version of <see cref="Linear.PanelLayout"/> and <see cref="Linear.GroupLayout"/>.</param>
/// <param name="Checkpoint">Which checkpoint they are from.</param>
/// <param name="Entries">The matrices, in the order in which a model loads them.</param>
internal sealed record PackedContents(string Layout, string Checkpoint, IReadOnlyList<PackedEntry> Entries);

/// <summary>Reads and writes it.</summary>
[JsonSerializable(typeof(PackedContents))]
[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
internal sealed partial class PackedContentsJson : JsonSerializerContext;
