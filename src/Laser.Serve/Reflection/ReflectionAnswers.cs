using Google.Protobuf.Reflection;
using Grpc.Core;
using Laser.Serve.Protocol.Reflection.V1;
using Question = Laser.Serve.Protocol.Reflection.V1.ServerReflectionRequest.MessageRequestOneofCase;

namespace Laser.Serve.Reflection;

/// <summary>Answers the questions of server reflection.</summary>
internal static class ReflectionAnswers
{
    public static ServerReflectionResponse Answer(ServerReflectionRequest request, DescriptorIndex index)
    {
        var response = new ServerReflectionResponse { ValidHost = request.Host, OriginalRequest = request };
        switch (request.MessageRequestCase)
        {
            case Question.ListServices:
                response.ListServicesResponse = Services(index);
                break;
            case Question.FileByFilename:
                SetFile(response, index.FindFile(request.FileByFilename), $"file '{request.FileByFilename}'");
                break;
            case Question.FileContainingSymbol:
                SetFile(
                    response,
                    index.FindSymbol(request.FileContainingSymbol),
                    $"symbol '{request.FileContainingSymbol}'");
                break;
            case Question.FileContainingExtension:
                ExtensionRequest extension = request.FileContainingExtension;
                SetFile(
                    response,
                    index.FindExtension(extension.ContainingType, extension.ExtensionNumber),
                    $"extension {extension.ExtensionNumber} of '{extension.ContainingType}'");
                break;
            case Question.AllExtensionNumbersOfType:
                SetNumbers(response, index, request.AllExtensionNumbersOfType);
                break;
            default:
                SetError(response, StatusCode.InvalidArgument, "The request asks nothing.");
                break;
        }

        return response;
    }

    private static ListServiceResponse Services(DescriptorIndex index) => new()
    {
        Service = { index.ServiceNames.Select(name => new ServiceResponse { Name = name }) },
    };

    private static void SetFile(ServerReflectionResponse response, FileDescriptor? file, string what)
    {
        if (file is null)
        {
            SetError(response, StatusCode.NotFound, $"There is no {what}.");
            return;
        }

        response.FileDescriptorResponse = new FileDescriptorResponse
        {
            FileDescriptorProto = { DescriptorIndex.WithDependencies(file) },
        };
    }

    private static void SetNumbers(ServerReflectionResponse response, DescriptorIndex index, string type)
    {
        if (index.ExtensionNumbers(type) is not { } numbers)
        {
            SetError(response, StatusCode.NotFound, $"There is no message '{type}'.");
            return;
        }

        response.AllExtensionNumbersResponse = new ExtensionNumberResponse
        {
            BaseTypeName = type,
            ExtensionNumber = { numbers },
        };
    }

    private static void SetError(ServerReflectionResponse response, StatusCode code, string message) =>
        response.ErrorResponse = new ErrorResponse { ErrorCode = (int)code, ErrorMessage = message };
}
