using Laser.Serve.Tokenization.PostProcessors;

namespace Laser.Serve.Tokenization.Loading;

/// <summary>Reads <c>$.post_processor</c>.</summary>
internal static class PostProcessorReader
{
    /// <param name="field">The component, if there is one.</param>
    /// <param name="tokens">By id; the template may only add these.</param>
    public static SpecialTokenTemplate Read(JsonField? field, IReadOnlyList<string?> tokens)
    {
        return field is JsonField value ? ReadOne(value, tokens) : SpecialTokenTemplate.Empty;
    }

    private static SpecialTokenTemplate ReadOne(JsonField field, IReadOnlyList<string?> tokens)
    {
        string type = field.Type();
        switch (type)
        {
            case "ByteLevel":
                // Only trims offsets, which are not kept here.
                field.AllowOnly("type", "add_prefix_space", "trim_offsets", "use_regex");
                return SpecialTokenTemplate.Empty;
            case "Sequence":
                field.AllowOnly("type", "processors");
                return ReadSequence(field.Get("processors"), tokens);
            case "TemplateProcessing":
                field.AllowOnly("type", "single", "pair", "special_tokens");
                return ReadTemplate(field, tokens);
            case "RobertaProcessing":
                field.AllowOnly("type", "sep", "cls", "trim_offsets", "add_prefix_space");
                return new SpecialTokenTemplate(
                    [ReadPairId(field.Get("cls"), tokens)], [ReadPairId(field.Get("sep"), tokens)]);
            default:
                throw field.Error($"post-processor {JsonField.Quote(type)} is not supported");
        }
    }

    // A processor after one that adds tokens would see several sequences, and take its template for pairs.
    private static SpecialTokenTemplate ReadSequence(JsonField field, IReadOnlyList<string?> tokens)
    {
        SpecialTokenTemplate result = SpecialTokenTemplate.Empty;
        foreach (JsonField item in field.Items())
        {
            SpecialTokenTemplate template = ReadOne(item, tokens);
            if (!result.IsEmpty && !template.IsEmpty)
            {
                throw item.Error("more than one post-processor that adds tokens is not supported");
            }

            result = template.IsEmpty ? result : template;
        }

        return result;
    }

    private static SpecialTokenTemplate ReadTemplate(JsonField field, IReadOnlyList<string?> tokens)
    {
        JsonField special = field.Get("special_tokens");
        JsonField single = field.Get("single");
        var before = new List<int>();
        var after = new List<int>();
        bool textSeen = false;
        foreach (JsonField piece in single.Items())
        {
            piece.AllowOnly("Sequence", "SpecialToken");
            if (piece.Find("SpecialToken") is JsonField token)
            {
                (textSeen ? after : before).AddRange(ReadIds(special.Get(token.Get("id").AsString()), tokens));
            }
            else if (textSeen || piece.Get("Sequence").Get("id").AsString() != "A")
            {
                throw piece.Error("template that has not the text once is not supported");
            }
            else
            {
                textSeen = true;
            }
        }

        return textSeen
            ? new SpecialTokenTemplate(before, after)
            : throw single.Error("template that has not the text once is not supported");
    }

    private static IEnumerable<int> ReadIds(JsonField special, IReadOnlyList<string?> tokens)
    {
        return special.Get("ids").Items().Select(item => ReadId(item, tokens));
    }

    private static int ReadPairId(JsonField field, IReadOnlyList<string?> tokens)
    {
        return field.Items().ToList() is [_, JsonField id]
            ? ReadId(id, tokens)
            : throw field.Error("token and id expected");
    }

    private static int ReadId(JsonField field, IReadOnlyList<string?> tokens)
    {
        int id = field.AsCount(BpeModelReader.MaxTokenId);
        return id < tokens.Count && tokens[id] is not null ? id : throw field.Error($"there is no token with id {id}");
    }
}
