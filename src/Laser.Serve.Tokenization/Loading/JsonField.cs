using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Laser.Serve.Tokenization.Loading;

/// <summary>A value in a JSON file that knows its place, so that errors can name it.</summary>
internal readonly struct JsonField
{
    private const int MaxQuotedLength = 80;

    // The path is put together when it is asked for: there are hundreds of thousands of values, and errors are few.
    private readonly string _parentPath;
    private readonly string? _name;
    private readonly int _index;

    public JsonField(JsonElement element, string filePath)
        : this(element, filePath, "$", null, -1)
    {
    }

    private JsonField(JsonElement element, string filePath, string parentPath, string? name, int index)
    {
        Element = element;
        FilePath = filePath;
        _parentPath = parentPath;
        _name = name;
        _index = index;
    }

    public JsonElement Element { get; }

    public string FilePath { get; }

    /// <summary>Such as <c>$.model.merges[3]</c>.</summary>
    public string JsonPath => _name is not null ? $"{_parentPath}{NameSegment(_name)}"
        : _index >= 0 ? $"{_parentPath}[{_index}]"
        : _parentPath;

    /// <summary>A property that must be there and not null.</summary>
    public JsonField Get(string name)
    {
        return Find(name) ?? throw Error($"\"{name}\" is missing");
    }

    /// <summary>A property, unless it is absent or null.</summary>
    public JsonField? Find(string name)
    {
        Expect(JsonValueKind.Object, "an object");
        return Element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null
            ? new JsonField(value, FilePath, JsonPath, name, -1)
            : null;
    }

    /// <summary>Refuses properties of other names: what is not known cannot be done.</summary>
    public void AllowOnly(params ReadOnlySpan<string> names)
    {
        foreach ((string name, JsonField field) in Properties())
        {
            if (!names.Contains(name))
            {
                throw field.Error("setting that is not supported");
            }
        }
    }

    /// <summary>Properties in their order.</summary>
    public IEnumerable<(string Name, JsonField Value)> Properties()
    {
        Expect(JsonValueKind.Object, "an object");
        string path = JsonPath;
        foreach (JsonProperty property in Element.EnumerateObject())
        {
            string name = ReadName(property);
            yield return (name, new JsonField(property.Value, FilePath, path, name, -1));
        }
    }

    /// <summary>Elements of an array.</summary>
    public IEnumerable<JsonField> Items()
    {
        Expect(JsonValueKind.Array, "an array");
        string path = JsonPath;
        int index = 0;
        foreach (JsonElement item in Element.EnumerateArray())
        {
            yield return new JsonField(item, FilePath, path, null, index++);
        }
    }

    public string AsString()
    {
        Expect(JsonValueKind.String, "a string");
        try
        {
            return Element.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            throw new TokenizerException(FilePath, JsonPath, "string that is not well-formed Unicode", exception);
        }
    }

    public bool AsBoolean()
    {
        return Element.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Error("true or false expected"),
        };
    }

    /// <summary>A whole number from 0 to <paramref name="most"/>.</summary>
    public int AsCount(int most)
    {
        int value = -1;
        bool isInteger = Element.ValueKind == JsonValueKind.Number && Element.TryGetInt32(out value);
        return isInteger && value >= 0 && value <= most
            ? value
            : throw Error($"whole number from 0 to {most} expected");
    }

    /// <summary>The name that components carry as <c>type</c>.</summary>
    public string Type()
    {
        return Get("type").AsString();
    }

    public TokenizerException Error(string problem)
    {
        return new TokenizerException(FilePath, JsonPath, problem);
    }

    /// <summary>The value's text for a message.</summary>
    public string Quote()
    {
        return Element.ValueKind == JsonValueKind.String ? Quote(AsString()) : Element.ValueKind.ToString();
    }

    /// <summary>A text for a message: quoted, one line, not too long.</summary>
    public static string Quote(string text)
    {
        var result = new StringBuilder("\"");
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (result.Length > MaxQuotedLength)
            {
                result.Append("...");
                break;
            }

            bool printable = Rune.GetUnicodeCategory(rune) is not
                (UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
            result.Append(printable ? rune.ToString() : $"\\u{rune.Value:x4}");
        }

        return result.Append('"').ToString();
    }

    private static string NameSegment(string name)
    {
        return name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? $".{name}" : $"[{Quote(name)}]";
    }

    private string ReadName(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException exception)
        {
            throw new TokenizerException(FilePath, JsonPath, "name that is not well-formed Unicode", exception);
        }
    }

    private void Expect(JsonValueKind kind, string what)
    {
        if (Element.ValueKind != kind)
        {
            throw Error($"{what} expected");
        }
    }
}
