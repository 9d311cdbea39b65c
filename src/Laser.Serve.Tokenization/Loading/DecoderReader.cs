using Laser.Serve.Tokenization.Decoders;
using Laser.Serve.Tokenization.Normalizers;
using Laser.Serve.Tokenization.PreTokenizers;

namespace Laser.Serve.Tokenization.Loading;

/// <summary>Reads <c>$.decoder</c>.</summary>
internal static class DecoderReader
{
    public static ITokenDecoder Read(JsonField? field)
    {
        return field is JsonField value ? ReadOne(value) : new SpaceJoiningDecoder();
    }

    private static ITokenDecoder ReadOne(JsonField field)
    {
        switch (field.Type())
        {
            case "ByteLevel":
                field.AllowOnly("type", "add_prefix_space", "trim_offsets", "use_regex");
                return new ByteLevelDecoder();
            case "Metaspace":
                (char replacement, PrependScheme scheme, _) = PreTokenizerReader.ReadMetaspace(field);
                return new MetaspaceDecoder(replacement, stripsStart: scheme != PrependScheme.Never);
            case "Sequence":
                field.AllowOnly("type", "decoders");
                List<JsonField> items = [.. field.Get("decoders").Items()];
                return items is [JsonField only] ? ReadOne(only) : ReadSteps(items);
            default:
                return ReadSteps([field]);
        }
    }

    // Each step works on what the one before has made, so only this order keeps the work of most of them inside a
    // token.
    private static ByteFallbackDecoder ReadSteps(List<JsonField> steps)
    {
        var replacements = new List<ReplaceNormalizer>();
        int next = 0;
        for (; next < steps.Count && steps[next].Type() == "Replace"; next++)
        {
            replacements.Add(NormalizerReader.ReadReplace(steps[next]));
        }

        bool readsBytes = TryTake(steps, "ByteFallback", ref next);
        bool fuses = TryTake(steps, "Fuse", ref next);
        char? strippedStart = null;
        if (fuses && next < steps.Count && steps[next].Type() == "Strip")
        {
            strippedStart = ReadStrip(steps[next++]);
        }

        return next == steps.Count
            ? new ByteFallbackDecoder(replacements, readsBytes, strippedStart)
            : throw steps[next].Error(
                $"decoder {steps[next].Get("type").Quote()} is not supported here "
                + "(Replace, ByteFallback, Fuse, Strip in this order are)");
    }

    private static bool TryTake(List<JsonField> steps, string type, ref int next)
    {
        if (next == steps.Count || steps[next].Type() != type)
        {
            return false;
        }

        steps[next++].AllowOnly("type");
        return true;
    }

    private static char? ReadStrip(JsonField field)
    {
        field.AllowOnly("type", "content", "start", "stop");
        JsonField content = field.Get("content");
        if (content.AsString() is not [char character] || !char.IsAscii(character))
        {
            throw content.Error("one ASCII character expected");
        }

        // More than one, or any at the end, would depend on more than one token.
        field.Get("stop").AsCount(0);
        return field.Get("start").AsCount(1) == 1 ? character : null;
    }
}
