using System.Text.Json;
using Laser.Serve.Tokenization.PostProcessors;

namespace Laser.Serve.Tokenization.Loading;

/// <summary>
/// Reads <c>tokenizer_config.json</c>: if it says whether tokens begin or end a text, that holds and not the
/// post-processor of <c>tokenizer.json</c>.
/// </summary>
/// <remarks>
/// As transformers does since version 5 for all tokenizers, and before that for those of the Llama family:
/// <c>TokenizersBackend.update_post_processor</c> in src/transformers/tokenization_utils_tokenizers.py. The rest of
/// the file is about other things (templates, lengths) or repeats <c>tokenizer.json</c>.
/// </remarks>
internal static class TokenizerConfigReader
{
    /// <param name="config">The file, if there is one.</param>
    /// <param name="template">What <c>tokenizer.json</c> says.</param>
    /// <param name="tokens">By id.</param>
    public static SpecialTokenTemplate Read(
        JsonField? config, SpecialTokenTemplate template, IReadOnlyList<string?> tokens)
    {
        if (config is not JsonField file)
        {
            return template;
        }

        JsonField? addBos = file.Find("add_bos_token");
        JsonField? addEos = file.Find("add_eos_token");
        return addBos is null && addEos is null
            ? template
            : new SpecialTokenTemplate(
                ReadToken(file, addBos, "bos_token", tokens), ReadToken(file, addEos, "eos_token", tokens));
    }

    private static int[] ReadToken(JsonField file, JsonField? adds, string name, IReadOnlyList<string?> tokens)
    {
        if (adds is null || !adds.Value.AsBoolean())
        {
            return [];
        }

        JsonField field = file.Get(name);
        string token = (field.Element.ValueKind == JsonValueKind.Object ? field.Get("content") : field).AsString();
        int id = tokens.Index().Where(entry => entry.Item == token).Select(entry => entry.Index).FirstOrDefault(-1);
        return id >= 0 ? [id] : throw field.Error($"{JsonField.Quote(token)} is not in the vocabulary");
    }
}
