using System.Text.Json;
using Laser.Serve.Tokenization.Models;

namespace Laser.Serve.Tokenization.Loading;

/// <summary>Reads <c>$.model</c>, which must be of type BPE.</summary>
internal static class BpeModelReader
{
    /// <summary>No vocabulary has more than a fraction of it; memory is taken by the largest id.</summary>
    public const int MaxTokenId = (1 << 22) - 1;

    public static BpeModel Read(JsonField field)
    {
        if (field.Type() is string type && type != "BPE")
        {
            throw field.Error($"model {JsonField.Quote(type)} is not supported (only BPE is)");
        }

        field.AllowOnly(
            "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk",
            "byte_fallback", "ignore_merges", "vocab", "merges");
        RefuseUnsupported(field);

        Vocabulary vocabulary = ReadVocabulary(field.Get("vocab"));
        return new BpeModel(
            vocabulary,
            ReadMerges(field.Get("merges"), vocabulary),
            ReadUnknown(field, vocabulary),
            field.Find("ignore_merges")?.AsBoolean() ?? false);
    }

    private static void RefuseUnsupported(JsonField field)
    {
        if (field.Find("dropout") is JsonField dropout
            && !(dropout.Element.ValueKind == JsonValueKind.Number && dropout.Element.GetDouble() == 0))
        {
            throw dropout.Error("dropout is not supported: the same text must always give the same tokens");
        }

        foreach (string name in (ReadOnlySpan<string>)["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (field.Find(name) is JsonField affix && affix.AsString().Length > 0)
            {
                throw affix.Error($"{name} is not supported");
            }
        }
    }

    private static Vocabulary ReadVocabulary(JsonField field)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        var seen = new HashSet<int>();
        foreach ((string token, JsonField value) in field.Properties())
        {
            int id = value.AsCount(MaxTokenId);
            if (!seen.Add(id))
            {
                throw value.Error($"id {id} has more than one token");
            }

            ids.Add(token, id);
        }

        return new Vocabulary(ids);
    }

    private static UnknownCharacters ReadUnknown(JsonField field, Vocabulary vocabulary)
    {
        int? token = null;
        if (field.Find("unk_token") is JsonField unknown)
        {
            token = vocabulary.TryGetId(unknown.AsString(), out int id)
                ? id
                : throw unknown.Error($"{unknown.Quote()} is not in the vocabulary");
        }

        bool bytes = field.Find("byte_fallback")?.AsBoolean() ?? false;
        return new UnknownCharacters(
            token,
            field.Find("fuse_unk")?.AsBoolean() ?? false,
            bytes ? [.. Enumerable.Range(0, 256).Select(value => FindByteToken(vocabulary, value))] : null);
    }

    private static int? FindByteToken(Vocabulary vocabulary, int value)
    {
        return vocabulary.TryGetId($"<0x{value:X2}>", out int id) ? id : null;
    }

    private static MergeTable ReadMerges(JsonField field, Vocabulary vocabulary)
    {
        var merges = new MergeTable();
        int rank = 0;
        foreach (JsonField item in field.Items())
        {
            if (TryReadPair(item, out string left, out string right))
            {
                merges.Add(
                    rank++, FindToken(item, left, vocabulary), FindToken(item, right, vocabulary),
                    FindToken(item, left + right, vocabulary));
            }
        }

        return merges;
    }

    // Old files write a pair as one string, and may begin with a version line as merges.txt does.
    private static bool TryReadPair(JsonField item, out string left, out string right)
    {
        if (item.Element.ValueKind == JsonValueKind.String)
        {
            string text = item.AsString();
            if (text.StartsWith("#version", StringComparison.Ordinal))
            {
                (left, right) = ("", "");
                return false;
            }

            if (text.Split(' ') is [string a, string b])
            {
                (left, right) = (a, b);
                return true;
            }
        }
        else if (item.Items().ToList() is [JsonField first, JsonField second])
        {
            (left, right) = (first.AsString(), second.AsString());
            return true;
        }

        throw item.Error("pair of tokens expected");
    }

    private static int FindToken(JsonField item, string token, Vocabulary vocabulary)
    {
        return vocabulary.TryGetId(token, out int id)
            ? id
            : throw item.Error($"token {JsonField.Quote(token)} is not in the vocabulary");
    }
}
