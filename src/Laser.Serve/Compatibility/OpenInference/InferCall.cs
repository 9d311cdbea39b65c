using Grpc.Core;
using Laser.Serve.Errors;
using Laser.Serve.Protocol.OpenInference;
using RequestedOutput = Laser.Serve.Protocol.OpenInference.ModelInferRequest.Types.InferRequestedOutputTensor;

namespace Laser.Serve.Compatibility.OpenInference;

/// <summary>A request of the Open Inference Protocol as a native one, and what its answers must look like.</summary>
internal sealed class InferCall
{
    /// <summary>Models have one version here.</summary>
    public const string ModelVersion = "1";

    private readonly HashSet<InferField> _given = [];

    private InferCall(ModelInferRequest request)
    {
        Id = request.Id;
        UsesRawContents = request.RawInputContents.Count > 0;
        Native = new V1.GenerateRequest
        {
            Model = request.ModelName,
            RequestId = request.Id,
            Sampling = new V1.SamplingParams(),
            Stop = new V1.StopParams(),
            Output = new V1.OutputParams(),
        };
    }

    public V1.GenerateRequest Native { get; }

    public V1.SamplingParams Sampling => Native.Sampling;

    public V1.StopParams Stop => Native.Stop;

    public V1.OutputParams Output => Native.Output;

    /// <summary>The request's words for the native fields.</summary>
    public FieldNames Names { get; } = new();

    /// <summary>Comes back in the answers.</summary>
    public string Id { get; }

    /// <summary>Whether answers carry raw contents, as the request did.</summary>
    public bool UsesRawContents { get; }

    /// <summary>What the answers carry.</summary>
    public IReadOnlyList<InferOutput> Outputs { get; private set; } = [];

    /// <summary>Whether there is to be an answer for each piece of text, not one for all.</summary>
    public bool WantsStream { get; set; }

    /// <summary>Whether a message without outputs is to follow the last one that has some.</summary>
    public bool WantsEmptyFinal { get; set; }

    /// <summary>Reads a request.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT, or NOT_FOUND for a version that there is not.</exception>
    public static InferCall Read(ModelInferRequest request)
    {
        ThrowIfNotFound(request.ModelName, request.ModelVersion);
        var call = new InferCall(request);
        foreach ((string name, InferValue value) in InferTensors.Read(request))
        {
            call.Apply(InferFields.Find(name) is { IsTensor: true } field ? field : null, value);
        }

        foreach ((string name, InferParameter parameter) in request.Parameters)
        {
            call.Apply(
                InferFields.Find(name) is { IsParameter: true } field ? field : null,
                InferParameters.Read(name, parameter));
        }

        call.ReadOutputs(request.Outputs);
        call.NameTheRest();
        return call;
    }

    /// <exception cref="RpcException">NOT_FOUND: a model has no such version.</exception>
    public static void ThrowIfNotFound(string model, string version)
    {
        if (version is not ("" or ModelVersion))
        {
            throw RpcErrors.NotFound(
                "model version",
                version,
                $"Model '{model}' has no version '{version}'; its one version is '{ModelVersion}'.");
        }
    }

    private void Apply(InferField? field, InferValue value)
    {
        if (field is null)
        {
            throw RpcErrors.InvalidArgument(value.Path, "is not known; ModelMetadata tells what is");
        }

        if (!_given.Add(field))
        {
            throw RpcErrors.InvalidArgument(
                value.Path,
                $"is given twice; {string.Join(" and ", field.Names)} as tensor or parameter are one thing");
        }

        field.Apply(this, value);
        if (field.Native.Length > 0)
        {
            Names.Add(field.Native, value.Path);
        }
    }

    private void ReadOutputs(IEnumerable<RequestedOutput> requested)
    {
        Outputs = [.. requested.Select(output => InferOutputs.Find(output))];
        if (Outputs.Count == 0)
        {
            Outputs = [InferOutputs.Text];
        }

        Output.Text = Outputs.Contains(InferOutputs.Text);
        Output.TokenIds = Outputs.Contains(InferOutputs.TokenIds);
        if (Outputs.Contains(InferOutputs.Logprobs))
        {
            Output.Logprobs = 0;
        }
    }

    // The prompt is checked as a whole, and a request without one is told what it could have.
    private void NameTheRest()
    {
        bool hasText = Given(InferFields.TextInput);
        bool hasIds = Given(InferFields.InputIds);
        if (hasText == hasIds)
        {
            throw RpcErrors.InvalidArgument(
                "inputs",
                hasText
                    ? $"has both {InferFields.TextInput} and {InferFields.InputIds}; a request has one prompt"
                    : $"has neither {InferFields.TextInput} nor {InferFields.InputIds}");
        }

        string prompt = $"inputs[{(hasText ? InferFields.TextInput : InferFields.InputIds)}]";
        Names.Add("prompt", prompt);
        Names.Add("prompt_token_ids", prompt);
        Names.Add("request_id", "id");
        Names.Add("model", "model_name");
    }

    private bool Given(string name) => _given.Contains(InferFields.Find(name)!);
}
