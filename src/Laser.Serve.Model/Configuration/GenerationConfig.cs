using Laser.Serve.Model.Checkpoints;

namespace Laser.Serve.Model.Configuration;

/// <summary>
/// What a checkpoint recommends for generation: <c>generation_config.json</c>, or nothing. Only the keys this server
/// has a use for; a value that is not given is null, and the server's own default applies.
/// </summary>
public sealed record GenerationConfig
{
    /// <summary>Tokens that end a text: of this file, and of config.json when this file names none.</summary>
    public required IReadOnlyList<int> EosTokenIds { get; init; }

    /// <summary>Token that begins a text, found in the same way.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>False: always take the most likely token.</summary>
    public bool? DoSample { get; init; }

    /// <summary>Divides the logits; 0 to 100.</summary>
    public double? Temperature { get; init; }

    /// <summary>Keeps only so many tokens; 0 keeps all.</summary>
    public int? TopK { get; init; }

    /// <summary>Keeps the most likely tokens up to this probability; above 0, at most 1.</summary>
    public double? TopP { get; init; }

    /// <summary>Keeps tokens with at least this share of the likeliest one's probability; 0 to 1.</summary>
    public double? MinP { get; init; }

    /// <summary>Keeps the most typical tokens up to this probability; above 0, at most 1.</summary>
    public double? TypicalP { get; init; }

    /// <summary>Makes tokens that were there less likely; above 0, at most 100.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>Tokens to generate at most.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Reads <c>generation_config.json</c> of a checkpoint folder; it may be absent.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="model">The checkpoint's model, for what the file leaves open.</param>
    /// <exception cref="CheckpointException">It is broken, or a value is out of range.</exception>
    public static GenerationConfig Load(string folder, ModelConfig model)
    {
        string path = Path.Combine(folder, "generation_config.json");
        if (!File.Exists(path))
        {
            return new GenerationConfig { EosTokenIds = model.EosTokenIds, BosTokenId = model.BosTokenId };
        }

        ConfigObject file = ConfigObject.Load(path);
        int lastToken = model.VocabularySize - 1;
        return new GenerationConfig
        {
            EosTokenIds = file.Integers("eos_token_id", 0, lastToken) ?? model.EosTokenIds,
            BosTokenId = file.Integer("bos_token_id", 0, lastToken) ?? model.BosTokenId,
            DoSample = file.Flag("do_sample"),
            Temperature = file.Number("temperature", 0, 100),
            TopK = file.Integer("top_k", 0, int.MaxValue),
            TopP = file.Number("top_p", double.Epsilon, 1),
            MinP = file.Number("min_p", 0, 1),
            TypicalP = file.Number("typical_p", double.Epsilon, 1),
            RepetitionPenalty = file.Number("repetition_penalty", double.Epsilon, 100),
            MaxNewTokens = file.Integer("max_new_tokens", 1, int.MaxValue),
        };
    }
}
