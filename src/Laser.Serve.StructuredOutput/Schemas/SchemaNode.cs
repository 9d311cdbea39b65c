using System.Text.Json;

namespace Laser.Serve.StructuredOutput.Schemas;

/// <summary>A value in a schema that knows its place, so that errors can name it.</summary>
internal readonly record struct SchemaNode(JsonElement Element, SpecPlace Place)
{
    public ConstraintException Error(string problem) => Place.Error(problem);

    public SchemaNode? Find(string name)
    {
        return Element.TryGetProperty(name, out JsonElement value) ? new SchemaNode(value, Place.Below(name)) : null;
    }

    /// <summary>The properties of an object, in their order.</summary>
    public IEnumerable<(string Name, SchemaNode Value)> Properties()
    {
        Expect(JsonValueKind.Object, "an object");
        foreach (JsonProperty property in Element.EnumerateObject())
        {
            string name = ReadText(() => property.Name);
            yield return (name, new SchemaNode(property.Value, Place.Below(name)));
        }
    }

    /// <summary>The items of an array.</summary>
    public IEnumerable<SchemaNode> Items()
    {
        Expect(JsonValueKind.Array, "an array");
        int index = 0;
        foreach (JsonElement item in Element.EnumerateArray())
        {
            yield return new SchemaNode(item, Place.Below($"{index++}"));
        }
    }

    public string AsText()
    {
        Expect(JsonValueKind.String, "a string");
        JsonElement element = Element;
        return ReadText(() => element.GetString()!);
    }

    /// <summary>A number of things.</summary>
    public int AsCount()
    {
        return Element.ValueKind == JsonValueKind.Number && Element.TryGetInt32(out int count) && count >= 0
            ? count
            : throw Error($"must be a whole number from 0 to {int.MaxValue}");
    }

    public void Expect(JsonValueKind kind, string name)
    {
        if (Element.ValueKind != kind)
        {
            throw Error($"must be {name}");
        }
    }

    private string ReadText(Func<string> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            throw Error("a surrogate without its partner");
        }
    }
}
