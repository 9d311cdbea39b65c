using Laser.Serve.Tokenization.AddedTokens;
using Laser.Serve.Tokenization.Decoders;
using Laser.Serve.Tokenization.Loading;
using Laser.Serve.Tokenization.Models;
using Laser.Serve.Tokenization.Normalizers;
using Laser.Serve.Tokenization.PostProcessors;
using Laser.Serve.Tokenization.PreTokenizers;

namespace Laser.Serve.Tokenization;

/// <summary>
/// Makes a tokenizer from Hugging Face files: <c>tokenizer.json</c> with a model of type BPE and, if it is there,
/// <c>tokenizer_config.json</c>. Whatever a file asks for is done as Hugging Face's library does it, or is an error
/// here.
/// </summary>
public static class TokenizerLoader
{
    private const string TokenizerFileName = "tokenizer.json";
    private const string ConfigFileName = "tokenizer_config.json";

    /// <summary>Loads the tokenizer of a model.</summary>
    /// <param name="modelDirectory">Has the files.</param>
    /// <exception cref="TokenizerException">A file is missing, wrong, or asks for what is not supported.</exception>
    public static ITokenizer Load(string modelDirectory)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelDirectory);

        using JsonFile file = JsonFile.Open(Path.Combine(modelDirectory, TokenizerFileName));
        string configPath = Path.Combine(modelDirectory, ConfigFileName);
        using JsonFile? config = File.Exists(configPath) ? JsonFile.Open(configPath) : null;
        return Build(file.Root, config?.Root);
    }

    private static PipelineTokenizer Build(JsonField root, JsonField? config)
    {
        CheckFrame(root);
        INormalizer? normalizer = NormalizerReader.Read(root.Find("normalizer"));
        IPreTokenizer? preTokenizer = PreTokenizerReader.Read(root.Find("pre_tokenizer"), normalizer);
        BpeModel model = BpeModelReader.Read(root.Get("model"));
        IReadOnlyList<AddedToken> addedTokens =
            AddedTokenReader.Read(root.Find("added_tokens"), model.Vocabulary, normalizer);
        string?[] tokens = ListTokens(model.Vocabulary, addedTokens);
        SpecialTokenTemplate template = PostProcessorReader.Read(root.Find("post_processor"), tokens);
        ITokenDecoder decoder = DecoderReader.Read(root.Find("decoder"));
        var added = new AddedVocabulary(addedTokens, normalizer);
        template = TokenizerConfigReader.Read(config, template, tokens);
        return new PipelineTokenizer(
            added, normalizer, preTokenizer, model, template, new TokenByteTable(tokens, decoder));
    }

    private static void CheckFrame(JsonField root)
    {
        root.AllowOnly(
            "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor",
            "decoder", "model");
        if (root.Find("version") is JsonField version && version.AsString() != "1.0")
        {
            throw version.Error($"version {version.Quote()} is not supported (only \"1.0\" is)");
        }

        foreach (string name in (ReadOnlySpan<string>)["truncation", "padding"])
        {
            if (root.Find(name) is JsonField field)
            {
                throw field.Error($"{name} is not supported: prompts are served whole");
            }
        }
    }

    private static string?[] ListTokens(Vocabulary vocabulary, IReadOnlyList<AddedToken> addedTokens)
    {
        int last = Math.Max(
            vocabulary.Tokens.Values.DefaultIfEmpty(-1).Max(),
            addedTokens.Select(token => token.Id).DefaultIfEmpty(-1).Max());
        string?[] tokens = new string?[last + 1];
        foreach ((string token, int id) in vocabulary.Tokens)
        {
            tokens[id] = token;
        }

        foreach (AddedToken token in addedTokens)
        {
            tokens[token.Id] = token.Content;
        }

        return tokens;
    }
}
