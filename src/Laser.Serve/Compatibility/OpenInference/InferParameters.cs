using Grpc.Core;
using Laser.Serve.Errors;
using Laser.Serve.Protocol.OpenInference;
using Choice = Laser.Serve.Protocol.OpenInference.InferParameter.ParameterChoiceOneofCase;

namespace Laser.Serve.Compatibility.OpenInference;

/// <summary>Reads the parameters of a request.</summary>
internal static class InferParameters
{
    private static readonly long[] OneElement = [1];

    /// <exception cref="RpcException">INVALID_ARGUMENT: it has no value.</exception>
    public static InferValue Read(string name, InferParameter parameter)
    {
        string path = $"parameters[{name}]";
        (string datatype, Array elements) = parameter.ParameterChoiceCase switch
        {
            Choice.BoolParam => ("BOOL", (Array)new[] { parameter.BoolParam }),
            Choice.Int64Param => ("INT64", new Int128[] { parameter.Int64Param }),
            Choice.Uint64Param => ("UINT64", new Int128[] { parameter.Uint64Param }),
            Choice.DoubleParam => ("FP64", new[] { parameter.DoubleParam }),
            Choice.StringParam => ("BYTES", new[] { parameter.StringParam }),
            _ => throw RpcErrors.InvalidArgument(path, "has no value"),
        };
        return new InferValue(path, datatype, OneElement, elements);
    }
}
