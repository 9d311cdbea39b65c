using System.Globalization;
using System.Text.Json;

namespace Laser.Serve.StructuredOutput.Schemas;

/// <summary>
/// Finds what <c>$ref</c> points at within the same document. A schema that contains itself is written out so many
/// times; further in, it has no values, so that what is optional is left out there.
/// </summary>
internal sealed class SchemaReferences(SchemaNode root)
{
    /// <summary>A schema is in itself so many times, the outermost counted.</summary>
    public const int MaxNesting = 5;

    private readonly Dictionary<string, int> _active = [];

    /// <summary>Goes to the target of a reference until the visit is disposed.</summary>
    public Visit Enter(SchemaNode reference)
    {
        string pointer = reference.AsText();
        int nesting = _active.GetValueOrDefault(pointer);
        _active[pointer] = nesting + 1;
        return new Visit(nesting < MaxNesting ? Resolve(reference) : null, () => _active[pointer] = nesting);
    }

    /// <summary>The target of a reference.</summary>
    public SchemaNode Resolve(SchemaNode reference)
    {
        string pointer = reference.AsText();
        if (pointer != "#" && !pointer.StartsWith("#/", StringComparison.Ordinal))
        {
            throw reference.Error($"\"{pointer}\" is not supported: only # and #/... are");
        }

        SchemaNode node = root;
        foreach (string part in pointer.Split('/').Skip(1))
        {
            string name = Uri.UnescapeDataString(part).Replace("~1", "/").Replace("~0", "~");
            node = Step(node, name) ?? throw reference.Error($"\"{pointer}\" points at nothing");
        }

        return node;
    }

    private static SchemaNode? Step(SchemaNode node, string name)
    {
        return node.Element.ValueKind switch
        {
            JsonValueKind.Object => node.Find(name),
            JsonValueKind.Array => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index)
                && index < node.Element.GetArrayLength()
                    ? new SchemaNode(node.Element[index], node.Place.Below(name))
                    : null,
            _ => null,
        };
    }

    /// <summary>The time in which a target is read.</summary>
    /// <param name="Target">Null if it contains itself too often.</param>
    /// <param name="Leave">Ends it.</param>
    public readonly record struct Visit(SchemaNode? Target, Action Leave) : IDisposable
    {
        public void Dispose() => Leave();
    }
}
