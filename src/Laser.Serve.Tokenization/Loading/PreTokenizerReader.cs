using Laser.Serve.Tokenization.Normalizers;
using Laser.Serve.Tokenization.Patterns;
using Laser.Serve.Tokenization.PreTokenizers;

namespace Laser.Serve.Tokenization.Loading;

/// <summary>Reads <c>$.pre_tokenizer</c>.</summary>
internal static class PreTokenizerReader
{
    /// <param name="field">The component, if there is one.</param>
    /// <param name="normalizer">Runs before it.</param>
    public static IPreTokenizer? Read(JsonField? field, INormalizer? normalizer)
    {
        return field is JsonField value ? ReadOne(value, normalizer) : null;
    }

    /// <summary>Reads how Metaspace, which is a decoder too, writes spaces.</summary>
    public static (char Replacement, PrependScheme Scheme, bool Split) ReadMetaspace(JsonField field)
    {
        // "str_rep" is what old versions wrote and no version reads.
        field.AllowOnly("type", "replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep");
        JsonField replacement = field.Get("replacement");
        if (replacement.AsString() is not [char character])
        {
            throw replacement.Error("one character of the basic plane expected");
        }

        PrependScheme scheme = ReadScheme(field);
        if (field.Find("add_prefix_space") is JsonField addsPrefix && !addsPrefix.AsBoolean())
        {
            if (field.Find("prepend_scheme") is not null && scheme != PrependScheme.Never)
            {
                throw addsPrefix.Error("contradicts prepend_scheme");
            }

            scheme = PrependScheme.Never;
        }

        return (character, scheme, field.Find("split")?.AsBoolean() ?? true);
    }

    private static PrependScheme ReadScheme(JsonField field)
    {
        if (field.Find("prepend_scheme") is not JsonField scheme)
        {
            return PrependScheme.Always;
        }

        return scheme.AsString() switch
        {
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            _ => throw scheme.Error($"{scheme.Quote()} is not supported"),
        };
    }

    private static IPreTokenizer ReadOne(JsonField field, INormalizer? normalizer)
    {
        string type = field.Type();
        switch (type)
        {
            case "Sequence":
                field.AllowOnly("type", "pretokenizers");
                return new PreTokenizerSequence(
                    [.. field.Get("pretokenizers").Items().Select(item => ReadOne(item, normalizer))]);
            case "ByteLevel":
                field.AllowOnly("type", "add_prefix_space", "trim_offsets", "use_regex");
                return new ByteLevelPreTokenizer(
                    field.Get("add_prefix_space").AsBoolean(), field.Find("use_regex")?.AsBoolean() ?? true);
            case "Split":
                field.AllowOnly("type", "pattern", "behavior", "invert");
                return new SplitPreTokenizer(
                    TextPatternReader.Read(field.Get("pattern")),
                    ReadBehavior(field.Get("behavior")),
                    field.Get("invert").AsBoolean());
            case "Metaspace":
                return ReadMetaspacePreTokenizer(field, normalizer);
            case "Digits":
                field.AllowOnly("type", "individual_digits");
                bool single = field.Get("individual_digits").AsBoolean();
                return new SplitPreTokenizer(
                    new CharacterPattern(CharacterClasses.Numeric),
                    single ? DelimiterBehavior.Isolated : DelimiterBehavior.Contiguous);
            case "Punctuation":
                field.AllowOnly("type", "behavior");
                return new SplitPreTokenizer(
                    new CharacterPattern(PunctuationClass.Set),
                    field.Find("behavior") is JsonField behavior ? ReadBehavior(behavior) : DelimiterBehavior.Isolated);
            case "Whitespace":
                field.AllowOnly("type");
                return new WhitespacePreTokenizer();
            case "WhitespaceSplit":
                field.AllowOnly("type");
                return new SplitPreTokenizer(
                    new CharacterPattern(CharacterClasses.WhiteSpace), DelimiterBehavior.Removed);
            default:
                throw field.Error($"pre-tokenizer {JsonField.Quote(type)} is not supported");
        }
    }

    private static MetaspacePreTokenizer ReadMetaspacePreTokenizer(JsonField field, INormalizer? normalizer)
    {
        (char replacement, PrependScheme scheme, bool split) = ReadMetaspace(field);
        if (scheme == PrependScheme.First && normalizer is { KeepsStart: false })
        {
            throw field.Error(
                "prepend_scheme \"first\" is not supported after a normalizer that may drop the start of a text");
        }

        return new MetaspacePreTokenizer(replacement, scheme, split);
    }

    private static DelimiterBehavior ReadBehavior(JsonField field)
    {
        return field.AsString() switch
        {
            "Removed" => DelimiterBehavior.Removed,
            "Isolated" => DelimiterBehavior.Isolated,
            "MergedWithPrevious" => DelimiterBehavior.MergedWithPrevious,
            "MergedWithNext" => DelimiterBehavior.MergedWithNext,
            "Contiguous" => DelimiterBehavior.Contiguous,
            _ => throw field.Error($"{field.Quote()} is not supported"),
        };
    }
}
