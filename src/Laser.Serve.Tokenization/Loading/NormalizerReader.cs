using Laser.Serve.Tokenization.Normalizers;
using Laser.Serve.Tokenization.Patterns;

namespace Laser.Serve.Tokenization.Loading;

/// <summary>Reads <c>$.normalizer</c>.</summary>
internal static class NormalizerReader
{
    public static INormalizer? Read(JsonField? field)
    {
        return field is JsonField value ? ReadOne(value) : null;
    }

    /// <summary>Reads a component Replace, which decoders have too.</summary>
    public static ReplaceNormalizer ReadReplace(JsonField field)
    {
        field.AllowOnly("type", "pattern", "content");
        string content = field.Get("content").AsString();
        ITextPattern pattern = TextPatternReader.Read(field.Get("pattern"), out string? literal);
        bool oneForOne = literal?.EnumerateRunes().Count() == 1 && content.Length > 0;
        return new ReplaceNormalizer(pattern, content, keepsStart: oneForOne);
    }

    private static INormalizer ReadOne(JsonField field)
    {
        string type = field.Type();
        switch (type)
        {
            case "Sequence":
                field.AllowOnly("type", "normalizers");
                return new NormalizerSequence([.. field.Get("normalizers").Items().Select(ReadOne)]);
            case "Prepend":
                field.AllowOnly("type", "prepend");
                return new PrependNormalizer(field.Get("prepend").AsString());
            case "Replace":
                return ReadReplace(field);
            case "Strip":
                field.AllowOnly("type", "strip_left", "strip_right");
                return new StripNormalizer(
                    field.Get("strip_left").AsBoolean(), field.Get("strip_right").AsBoolean());
            default:
                field.AllowOnly("type");
                return ReadPlain(field, type);
        }
    }

    private static INormalizer ReadPlain(JsonField field, string type)
    {
        return type switch
        {
            "NFC" => new UnicodeNormalizer(compatible: false, compose: true),
            "NFD" => new UnicodeNormalizer(compatible: false, compose: false),
            "NFKC" => new UnicodeNormalizer(compatible: true, compose: true),
            "NFKD" => new UnicodeNormalizer(compatible: true, compose: false),
            "Lowercase" => new LowercaseNormalizer(),
            _ => throw field.Error($"normalizer {JsonField.Quote(type)} is not supported"),
        };
    }
}
