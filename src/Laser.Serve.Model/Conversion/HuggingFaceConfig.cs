using System.Text.Json;

namespace Laser.Serve.Model.Conversion;

/// <summary>Writes the <c>config.json</c> of a converted model.</summary>
internal static class HuggingFaceConfig
{
    // Under the logarithm of LASER in x-transformers.
    private const double LogFloor = 1e-20;

    private const double LayerNormEpsilon = 1e-5;

    // Where their RMS norms stop dividing by the length of a vector.
    private const double ShortestLength = 1e-12;

    /// <summary>Whether the converted model has no head of its own.</summary>
    public static bool TiesEmbedding(XTransformersArguments model) =>
        model.TiesEmbedding && model.Norm != NormKind.Layer;

    /// <summary>Writes the file.</summary>
    public static void Write(XTransformersArguments model, string path)
    {
        using FileStream file = File.Create(path);
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        WriteShape(json, model);
        WriteAttention(json, model);
        WriteRotary(json, model);
        WriteTokens(json, model);
        json.WriteEndObject();
        json.Flush();
        file.WriteByte((byte)'\n');
        file.Flush(flushToDisk: true);
    }

    private static void WriteShape(Utf8JsonWriter json, XTransformersArguments model)
    {
        json.WriteStartArray("architectures");
        json.WriteStringValue("LaserForCausalLM");
        json.WriteEndArray();
        json.WriteString("model_type", "laser");
        json.WriteNumber("vocab_size", model.VocabularySize);
        json.WriteNumber("hidden_size", model.Dim);
        json.WriteNumber("intermediate_size", model.InnerDim);
        json.WriteNumber("num_hidden_layers", model.Depth);
        json.WriteNumber("num_attention_heads", model.Heads);
        json.WriteNumber("num_key_value_heads", model.KvHeads);
        json.WriteNumber("head_dim", model.HeadDim);
        json.WriteString("hidden_act", model.IsSwish ? "silu" : "gelu");
        json.WriteBoolean("mlp_bias", true);
        json.WriteNumber("rms_norm_eps", Epsilon(model));
        json.WriteBoolean("tie_word_embeddings", TiesEmbedding(model));
    }

    /// <summary>The factor that, times the head's channels and cut to a whole number, is the rotated ones.</summary>
    internal static double RotaryPart(int rotaryDim, int headDim)
    {
        double part = (double)rotaryDim / headDim;
        return (int)(headDim * part) == rotaryDim ? part : Math.BitIncrement(part);
    }

    // They bound the length of a vector from below, we add to its mean square: where either matters, all is noise.
    private static double Epsilon(XTransformersArguments model) =>
        model.Norm == NormKind.Layer ? LayerNormEpsilon : ShortestLength * ShortestLength / model.Dim;

    private static void WriteAttention(Utf8JsonWriter json, XTransformersArguments model)
    {
        bool isLaser = model.LaserSoftclamp is not null;
        json.WriteString("attention_variant", isLaser ? "laser" : "softmax");
        if (model.LaserSoftclamp is { } softclamp)
        {
            json.WriteNumber("laser_value_softclamp", softclamp);
            json.WriteNumber("laser_log_floor", LogFloor);
        }

        json.WriteBoolean("attention_bias", false);
        json.WriteBoolean("use_qk_norm", model.QueryKeyScale is not null);
    }

    private static void WriteRotary(Utf8JsonWriter json, XTransformersArguments model)
    {
        json.WriteNumber("max_position_embeddings", model.MaxPositions);
        json.WriteNumber("rope_theta", model.RotaryBase);
        json.WriteNumber("partial_rotary_factor", RotaryPart(model.RotaryDim, model.HeadDim));
        if (model.RotaryInterpolation != 1)
        {
            json.WriteStartObject("rope_scaling");
            json.WriteString("rope_type", "linear");
            json.WriteNumber("factor", model.RotaryInterpolation);
            json.WriteEndObject();
        }
    }

    private static void WriteTokens(Utf8JsonWriter json, XTransformersArguments model)
    {
        if (model.BosTokenId is { } bos)
        {
            json.WriteNumber("bos_token_id", bos);
        }
        else
        {
            json.WriteNull("bos_token_id");
        }

        json.WriteStartArray("eos_token_id");
        foreach (int eos in model.EosTokenIds)
        {
            json.WriteNumberValue(eos);
        }

        json.WriteEndArray();
    }
}
