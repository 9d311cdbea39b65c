using Laser.Serve.Model.Checkpoints;
using Laser.Serve.Model.Configuration;

namespace Laser.Serve.Model.Conversion;

/// <summary>
/// Reads <c>x-transformers.json</c>: the package's version, the arguments of <c>TransformerWrapper</c> and
/// <c>Decoder</c> as they were given, and what ends a text. Absent arguments have the package's defaults.
/// </summary>
internal sealed class XTransformersArgumentsReader
{
    /// <summary>Name of the description in the source folder.</summary>
    public const string FileName = "x-transformers.json";

    // Bounds as in ModelConfigReader, which reads what is made of these.
    private const int MaxWidth = 1 << 20;
    private const int MaxCount = 1 << 24;
    private const double LargestFactor = 1e6;

    private static readonly string[] Keys =
        ["version", "TransformerWrapper", "Decoder", "bos_token_id", "eos_token_id"];

    // Before, LASER shifted values by their maximum and had no soft clamp. In 3.0 anything may change.
    private static readonly Version FirstVersion = new(1, 42, 23);
    private static readonly Version EndVersion = new(3, 0);

    private readonly ConfigObject _file;
    private readonly ConfigObject _wrapper;
    private readonly ConfigObject _decoder;

    private XTransformersArgumentsReader(ConfigObject file)
    {
        _file = file;
        CheckFile();
        _wrapper = Section("TransformerWrapper");
        _decoder = Section("Decoder");
        ArgumentRules.Wrapper.Check(_wrapper);
        ArgumentRules.Decoder.Check(_decoder);
    }

    /// <summary>Reads the description in a folder.</summary>
    /// <exception cref="CheckpointException">It is missing or broken, or describes what this server lacks.</exception>
    public static XTransformersArguments Read(string folder) =>
        new XTransformersArgumentsReader(ConfigObject.Load(Path.Combine(folder, FileName))).Read();

    private void CheckFile()
    {
        string? unknown = _file.Keys.FirstOrDefault(key => !Keys.Contains(key));
        if (unknown is not null)
        {
            throw _file.Refuse(unknown, $"is unknown; the keys are {string.Join(", ", Keys)}.");
        }

        string text = _file.String("version") ?? throw _file.Refuse(
            "version",
            "is missing: the version of x-transformers the model was trained with decides what it computes.");
        if (!Version.TryParse(text, out Version? version) || version < FirstVersion || version >= EndVersion)
        {
            throw _file.Refuse(
                "version",
                $"is '{text}'; models of x-transformers {FirstVersion} up to, not including, {EndVersion} are read.");
        }
    }

    private ConfigObject Section(string key) => _file.Object(key)
        ?? throw _file.Refuse(key, "is missing: an object of the arguments the model was constructed with.");

    private XTransformersArguments Read()
    {
        CheckPositions();
        int dim = Required(_decoder, "dim", MaxWidth);
        int heads = _decoder.Integer("heads", 1, MaxWidth) ?? 8;
        int headDim = _decoder.Integer("attn_dim_head", 4, MaxWidth) ?? 64;
        int vocabularySize = Required(_wrapper, "num_tokens", MaxCount);
        int rotaryDim = ReadRotaryDim(headDim);
        NormKind norm = ReadNorm();
        return new XTransformersArguments
        {
            Dim = dim,
            Depth = Required(_decoder, "depth", MaxWidth),
            Heads = heads,
            KvHeads = ReadKvHeads(heads),
            HeadDim = headDim,
            InnerDim = ReadInnerDim(dim),
            VocabularySize = vocabularySize,
            MaxPositions = Required(_wrapper, "max_seq_len", MaxCount),
            LaserSoftclamp = ReadLaserSoftclamp(),
            Norm = norm,
            GainOffset = _decoder.Flag("norm_add_unit_offset") ?? true ? 1 : 0,
            QueryKeyScale = ReadQueryKeyScale(norm),
            RotaryDim = rotaryDim,
            RotaryBase = ReadRotaryBase(rotaryDim),
            RotaryInterpolation = _decoder.Number("rotary_interpolation_factor", 1, LargestFactor) ?? 1,
            IsGated = IsSet("ff_glu"),
            IsSwish = IsSet("ff_swish"),
            LacksBias = IsSet("ff_no_bias"),
            TiesEmbedding = _wrapper.Flag("tie_embedding") ?? false,
            BosTokenId = _file.Integer("bos_token_id", 0, vocabularySize - 1),
            EosTokenIds = _file.Integers("eos_token_id", 0, vocabularySize - 1) ?? [],
        };
    }

    private void CheckPositions()
    {
        if (!IsSet("rotary_pos_emb"))
        {
            throw _decoder.Refuse("rotary_pos_emb", "is not true: this server's positions are rotary.");
        }

        bool isAbsoluteOff = _decoder.Flag("disable_abs_pos_emb") ?? true;
        if (!isAbsoluteOff && (_wrapper.Flag("use_abs_pos_emb") ?? true))
        {
            throw _decoder.Refuse(
                "disable_abs_pos_emb", "is false: this server's transformer has no absolute positions.");
        }
    }

    // Not to be guessed: LASER has no tensors of its own.
    private float? ReadLaserSoftclamp()
    {
        bool isLaser = _decoder.Flag("attn_laser") ?? throw _decoder.Refuse(
            "attn_laser", "is missing; say true or false, whichever the model was trained with.");
        float softclamp = _decoder.PositiveSingle("attn_laser_softclamp_value") ?? 15;
        return isLaser ? softclamp : null;
    }

    private NormKind ReadNorm()
    {
        (string Key, NormKind Kind)[] choices =
            [("use_rmsnorm", NormKind.Rms), ("use_scalenorm", NormKind.Scale), ("use_simple_rmsnorm", NormKind.Simple)];
        (string Key, NormKind Kind)[] chosen = [.. choices.Where(choice => IsSet(choice.Key))];
        return chosen switch
        {
            [] => NormKind.Layer,
            [var only] => only.Kind,
            _ => throw _decoder.Refuse(chosen[1].Key, $"is true beside {chosen[0].Key}; a model has one norm."),
        };
    }

    private double? ReadQueryKeyScale(NormKind norm)
    {
        if (!IsSet("attn_qk_norm"))
        {
            return null;
        }

        return norm != NormKind.Layer
            ? _decoder.Number("attn_qk_norm_scale", 1e-6, LargestFactor) ?? 10
            : throw _decoder.Refuse(
                "attn_qk_norm", "is true in a model with layer norm: the norms here share one epsilon, theirs do not.");
    }

    private int ReadKvHeads(int heads)
    {
        int? given = _decoder.Integer("attn_kv_heads", 1, heads);
        bool isOne = IsSet("attn_one_kv_head");
        if (given is not null && isOne)
        {
            throw _decoder.Refuse("attn_one_kv_head", "is true beside attn_kv_heads; give one of them.");
        }

        int kvHeads = isOne ? 1 : given ?? heads;
        return heads % kvHeads == 0
            ? kvHeads
            : throw _decoder.Refuse("attn_kv_heads", $"is {kvHeads}, which does not divide heads = {heads}.");
    }

    private int ReadInnerDim(int dim)
    {
        double factor = _decoder.Number("ff_mult", 1e-6, LargestFactor) ?? 4;
        double inner = dim * factor;
        return inner is >= 1 and <= MaxWidth
            ? (int)inner
            : throw _decoder.Refuse("ff_mult", $"is {factor}, which makes {inner} channels of {dim}.");
    }

    private int ReadRotaryDim(int headDim)
    {
        int dim = _decoder.Integer("rotary_emb_dim", 1, headDim) ?? headDim / 2;
        return dim >= 4 && dim % 2 == 0
            ? dim
            : throw _decoder.Refuse(
                "rotary_emb_dim", $"gives {dim} channels; an even number from 4 on can be rotated.");
    }

    private double ReadRotaryBase(int rotaryDim)
    {
        double rescale = _decoder.Number("rotary_base_rescale_factor", 1e-2, LargestFactor) ?? 1;
        return 10000 * Math.Pow(rescale, rotaryDim / (rotaryDim - 2.0));
    }

    private bool IsSet(string key) => _decoder.Flag(key) ?? false;

    private static int Required(ConfigObject section, string key, int maximum) =>
        section.Integer(key, 1, maximum) ?? throw section.Refuse(key, "is missing.");
}
