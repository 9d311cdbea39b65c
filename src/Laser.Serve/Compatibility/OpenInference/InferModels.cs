using Laser.Serve.Hosting;
using Laser.Serve.Protocol.OpenInference;
using TensorMetadata = Laser.Serve.Protocol.OpenInference.ModelMetadataResponse.Types.TensorMetadata;

namespace Laser.Serve.Compatibility.OpenInference;

/// <summary>The served model in the words of the protocol.</summary>
internal static class InferModels
{
    private const string Platform = "laser_serve";

    public static ModelMetadataResponse Metadata(ServedModel model)
    {
        V1.Model description = model.Describe();
        return new ModelMetadataResponse
        {
            Name = model.Name,
            Versions = { InferCall.ModelVersion },
            Platform = Platform,
            Inputs = { Inputs.Select(field => Tensor(field.Name, field.Datatype, field.Size)) },
            Outputs = { InferOutputs.All.Select(output => Tensor(output.Name, output.Datatype, output.Size)) },
            Properties =
            {
                ["attention_variant"] = description.AttentionVariant,
                ["context_length"] = $"{description.ContextLength}",
                ["vocabulary_size"] = $"{description.VocabularySize}",
                ["parameter_count"] = $"{description.ParameterCount}",
                ["weight_type"] = description.WeightType,
                ["device"] = description.Device,
            },
        };
    }

    public static ModelConfig Config(ServedModel model) => new()
    {
        Name = model.Name,
        Platform = Platform,
        Backend = Platform,
        ModelTransactionPolicy = new ModelTransactionPolicy { Decoupled = true },
        Input =
        {
            Inputs.Select(field => new ModelInput
            {
                Name = field.Name,
                DataType = Type(field.Datatype),
                Dims = { field.Size },
                Optional = field.Name != InferFields.TextInput, // load generators make a value for what is not
            }),
        },
        Output =
        {
            InferOutputs.All.Select(output => new ModelOutput
            {
                Name = output.Name,
                DataType = Type(output.Datatype),
                Dims = { output.Size },
            }),
        },
    };

    private static IEnumerable<InferField> Inputs => InferFields.All.Where(input => input.IsTensor);

    private static TensorMetadata Tensor(string name, string datatype, long size) =>
        new() { Name = name, Datatype = datatype, Shape = { size } };

    private static DataType Type(string datatype) => datatype switch
    {
        "BOOL" => DataType.TypeBool,
        "BYTES" => DataType.TypeString,
        "FP32" => DataType.TypeFp32,
        "INT32" => DataType.TypeInt32,
        "UINT64" => DataType.TypeUint64,
        _ => throw new ArgumentException($"No tensor of a model has the type {datatype}.", nameof(datatype)),
    };
}
