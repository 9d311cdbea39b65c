using Laser.Serve.Compute;
using Laser.Serve.Model.Weights;

namespace Laser.Serve.Model.Conversion;

/// <summary>
/// Our tensors, made of theirs row by row while they are written. What is renamed or reordered keeps its type and
/// bits; what is computed (gains, and what layer norm calls for) is fp32.
/// </summary>
internal sealed class TensorConversion
{
    private readonly XTransformersArguments _model;
    private readonly SourceTensors _source;
    private readonly Dictionary<string, HostTensor> _made = [];

    private TensorConversion(XTransformersArguments model, SourceTensors source)
    {
        _model = model;
        _source = source;
    }

    /// <summary>Converts all tensors; by name.</summary>
    /// <exception cref="Checkpoints.CheckpointException">
    /// One is missing, has another shape, or is left over.
    /// </exception>
    public static IReadOnlyDictionary<string, HostTensor> Of(XTransformersArguments model, SourceTensors source)
    {
        var conversion = new TensorConversion(model, source);
        RotaryBuffer.Check(model, source);
        conversion.AddEnds();
        for (int layer = 0; layer < model.Depth; layer++)
        {
            conversion.AddAttention(layer, $"attn_layers.layers.{2 * layer}.");
            conversion.AddFeedForward(layer, $"attn_layers.layers.{(2 * layer) + 1}.");
        }

        source.RequireAllTaken();
        return conversion._made;
    }

    // A centered embedding cannot also be the head: that one stays as it is.
    private void AddEnds()
    {
        HostTensor embedding = _source.Take("token_emb.emb.weight", _model.VocabularySize, _model.Dim);
        Add(IntoStream(WeightMap.Embedding, embedding, overRows: false));
        AddGain(WeightMap.FinalNorm, "attn_layers.final_norm.");
        if (!_model.TiesEmbedding)
        {
            embedding = _source.Take("to_logits.weight", _model.VocabularySize, _model.Dim);
        }

        if (!HuggingFaceConfig.TiesEmbedding(_model))
        {
            Add(new SelectedRows(WeightMap.Head, embedding));
        }
    }

    private void AddAttention(int layer, string theirs)
    {
        int queries = _model.Heads * _model.HeadDim;
        int keys = _model.KvHeads * _model.HeadDim;
        int[] queryOrder = HeadOrder.Queries(_model);
        int[] keyOrder = HeadOrder.Keys(_model);
        string output = WeightMap.InLayer(layer, "self_attn.o_proj", "weight");

        AddGain(WeightMap.InLayer(layer, "input_layernorm", "weight"), theirs + "0.0.");
        AddRows(layer, "self_attn.q_proj", Projection("to_q", queries), queries, row => queryOrder[row]);
        AddRows(layer, "self_attn.k_proj", Projection("to_k", keys), keys, row => keyOrder[row]);
        AddRows(layer, "self_attn.v_proj", Projection("to_v", keys), keys, row => row);
        HostTensor toOut = _source.Take($"{theirs}1.to_out.weight", _model.Dim, queries);
        Add(IntoStream(output, new SelectedColumns(output, toOut, HeadOrder.Outputs(_model)), overRows: true));
        AddHeadNorms(layer);

        HostTensor Projection(string name, int rows) => _source.Take($"{theirs}1.{name}.weight", rows, _model.Dim);
    }

    // Their heads have unit length and scores are multiplied by a scale s; ours have length sqrt(d) times a gain, and
    // scores are divided by sqrt(d). So the two gains must multiply to s / sqrt(d).
    private void AddHeadNorms(int layer)
    {
        if (_model.QueryKeyScale is { } scale)
        {
            float gain = (float)(scale / Math.Sqrt(_model.HeadDim));
            AddVector(layer, "self_attn.q_norm", "weight", _model.HeadDim, gain);
            AddVector(layer, "self_attn.k_norm", "weight", _model.HeadDim, 1);
        }
    }

    private void AddFeedForward(int layer, string theirs)
    {
        AddGain(WeightMap.InLayer(layer, "post_attention_layernorm", "weight"), theirs + "0.0.");
        if (_model.IsGated)
        {
            AddGated(layer, $"{theirs}1.ff.0.proj.");
        }
        else
        {
            AddUngated(layer, $"{theirs}1.ff.0.0.");
        }

        string down = WeightMap.InLayer(layer, "mlp.down_proj", "weight");
        HostTensor output = _source.Take($"{theirs}1.ff.2.weight", _model.Dim, _model.InnerDim);
        Add(IntoStream(down, output, overRows: true));
        AddBias(layer, "mlp.down_proj", $"{theirs}1.ff.2.bias", _model.Dim);
    }

    // One projection makes both halves, the values (our "up") first. It has a bias in any case.
    private void AddGated(int layer, string theirs)
    {
        int inner = _model.InnerDim;
        HostTensor weight = _source.Take(theirs + "weight", 2 * inner, _model.Dim);
        HostTensor bias = _source.Take(theirs + "bias", 2 * inner);
        AddHalf("mlp.up_proj", 0);
        AddHalf("mlp.gate_proj", inner);

        void AddHalf(string module, int first)
        {
            AddRows(layer, module, weight, inner, row => first + row);
            int[] columns = [.. Enumerable.Range(first, inner)];
            Add(new SelectedColumns(WeightMap.InLayer(layer, module, "bias"), bias, columns));
        }
    }

    // Without a gate the activation is the whole: it becomes the gate of a constant 1.
    private void AddUngated(int layer, string theirs)
    {
        int inner = _model.InnerDim;
        HostTensor weight = _source.Take(theirs + "weight", inner, _model.Dim);
        string up = WeightMap.InLayer(layer, "mlp.up_proj", "weight");
        AddRows(layer, "mlp.gate_proj", weight, inner, row => row);
        Add(new ZeroMatrix(up, weight.Type, inner, _model.Dim));
        AddVector(layer, "mlp.up_proj", "bias", inner, 1);
        AddBias(layer, "mlp.gate_proj", theirs + "bias", inner);
    }

    private void AddBias(int layer, string module, string theirs, int size)
    {
        string name = WeightMap.InLayer(layer, module, "bias");
        if (_model.LacksBias)
        {
            AddVector(layer, module, "bias", size, 0);
        }
        else if (module == "mlp.down_proj")
        {
            Add(IntoStream(name, _source.Take(theirs, size), overRows: false));
        }
        else
        {
            Add(new SelectedRows(name, _source.Take(theirs, size)));
        }
    }

    private HostTensor IntoStream(string name, HostTensor tensor, bool overRows) => _model.Norm == NormKind.Layer
        ? new CenteredTensor(name, tensor, overRows)
        : new SelectedRows(name, tensor);

    // What is stored is a distance from 1, which 16 bits would not keep once it is added: fp32.
    private void AddGain(string name, string theirs)
    {
        float[] gains = new float[_model.Dim];
        switch (_model.Norm)
        {
            case NormKind.Simple:
                Array.Fill(gains, 1);
                break;
            case NormKind.Scale:
                _source.Take(theirs + "g", 1).CopyRow(0, gains);
                Array.Fill(gains, gains[0] + _model.GainOffset);
                break;
            default:
                _source.Take(theirs + (_model.Norm == NormKind.Rms ? "g" : "gamma"), _model.Dim).CopyRow(0, gains);
                gains = [.. gains.Select(gain => gain + _model.GainOffset)];
                break;
        }

        Add(new ArrayTensor(name, gains, 1, gains.Length));
    }

    private void AddRows(int layer, string module, HostTensor source, int rows, Func<int, int> rowOf) =>
        Add(new SelectedRows(WeightMap.InLayer(layer, module, "weight"), source, rows, rowOf));

    private void AddVector(int layer, string module, string parameter, int size, float value)
    {
        float[] values = new float[size];
        Array.Fill(values, value);
        Add(new ArrayTensor(WeightMap.InLayer(layer, module, parameter), values, 1, size));
    }

    private void Add(HostTensor tensor) => _made.Add(tensor.Name, tensor);
}
