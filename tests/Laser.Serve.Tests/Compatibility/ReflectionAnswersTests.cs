using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Laser.Serve.Protocol.Reflection.V1;
using Laser.Serve.Reflection;

namespace Laser.Serve.Tests.Compatibility;

public class ReflectionAnswersTests
{
    private const string VllmFile = "vllm/grpc/engine/vllm_engine.proto";

    private static readonly DescriptorIndex Index =
        new([Laser.Serve.Protocol.Vllm.VllmEngine.Descriptor, ServerReflection.Descriptor]);

    [Fact]
    public void ListServices_All_AreThereInOrder() => Assert.Equal(
        ["grpc.reflection.v1.ServerReflection", "vllm.grpc.engine.VllmEngine"],
        Answer(new() { ListServices = "" }).ListServicesResponse.Service.Select(service => service.Name));

    [Theory]
    [InlineData("vllm.grpc.engine.VllmEngine")]
    [InlineData("vllm.grpc.engine.VllmEngine.Generate")]
    [InlineData("vllm.grpc.engine.GenerateRequest")]
    [InlineData("vllm.grpc.engine.GenerateRequest.request_id")]
    [InlineData("vllm.grpc.engine.GenerateRequest.input")]
    [InlineData("vllm.grpc.engine.SamplingParams.LogitBiasEntry")]
    public void FileContainingSymbol_AnyKind_IsTheFileAndItsDependencies(string symbol)
    {
        IEnumerable<ByteString> files =
            Answer(new() { FileContainingSymbol = symbol }).FileDescriptorResponse.FileDescriptorProto;

        Assert.Equal(
            [VllmFile, "smg/grpc/common/kv_events.proto", "smg/grpc/common/tokenizer.proto"],
            files.Select(file => FileDescriptorProto.Parser.ParseFrom(file).Name));
    }

    [Fact]
    public void FileByFilename_OfADependency_IsFound()
    {
        ServerReflectionResponse answer = Answer(new() { FileByFilename = "smg/grpc/common/tokenizer.proto" });

        Assert.Single(answer.FileDescriptorResponse.FileDescriptorProto);
        Assert.Equal("smg/grpc/common/tokenizer.proto", answer.OriginalRequest.FileByFilename);
    }

    [Fact]
    public void FileContainingSymbol_Enum_IsFoundWithItsValues()
    {
        var index = new DescriptorIndex([V1.Generation.Descriptor]);

        Assert.NotNull(index.FindSymbol("laser.serve.v1.FinishReason"));
        Assert.NotNull(index.FindSymbol("laser.serve.v1.FINISH_REASON_STOP"));
        Assert.Null(index.FindSymbol("laser.serve.v1.FinishReason.FINISH_REASON_STOP"));
    }

    public static TheoryData<ServerReflectionRequest> Unknown =>
    [
        new ServerReflectionRequest { FileByFilename = "no.proto" },
        new ServerReflectionRequest { FileContainingSymbol = "" },
        new ServerReflectionRequest { FileContainingSymbol = "vllm.grpc.engine" },
        new ServerReflectionRequest { AllExtensionNumbersOfType = "vllm.grpc.engine.VllmEngine" },
        new ServerReflectionRequest
        {
            FileContainingExtension = new ExtensionRequest { ContainingType = "vllm.grpc.engine.GenerateRequest" },
        },
    ];

    [Theory]
    [MemberData(nameof(Unknown))]
    public void Answer_Unknown_IsNotFound(ServerReflectionRequest request) =>
        Assert.Equal((int)StatusCode.NotFound, Answer(request).ErrorResponse.ErrorCode);

    [Fact]
    public void Answer_NoQuestion_IsInvalid() =>
        Assert.Equal((int)StatusCode.InvalidArgument, Answer(new()).ErrorResponse.ErrorCode);

    [Fact]
    public void Extensions_DeclaredInADependency_AreFound()
    {
        const string Options = "google.protobuf.MethodOptions";
        FileDescriptor file = FileDescriptor.BuildFromByteStrings(
            [
                DescriptorReflection.Descriptor.SerializedData,
                Google.Api.HttpReflection.Descriptor.SerializedData,
                Google.Api.AnnotationsReflection.Descriptor.SerializedData,
                ServiceFile().ToByteString(),
            ])[^1];
        var index = new DescriptorIndex(file.Services);
        int number = Google.Api.AnnotationsExtensions.Http.FieldNumber;

        ServerReflectionResponse numbers =
            ReflectionAnswers.Answer(new() { AllExtensionNumbersOfType = Options }, index);
        ServerReflectionResponse found = ReflectionAnswers.Answer(
            new()
            {
                FileContainingExtension = new ExtensionRequest { ContainingType = Options, ExtensionNumber = number },
            },
            index);

        Assert.Equal([number], numbers.AllExtensionNumbersResponse.ExtensionNumber);
        Assert.Equal(
            "google/api/annotations.proto",
            FileDescriptorProto.Parser.ParseFrom(found.FileDescriptorResponse.FileDescriptorProto[0]).Name);
        Assert.NotNull(index.FindSymbol("google.api.http"));
    }

    [Fact]
    public void AllExtensionNumbers_MessageWithout_AreNone()
    {
        ServerReflectionResponse answer =
            Answer(new() { AllExtensionNumbersOfType = "vllm.grpc.engine.GenerateRequest" });

        Assert.Empty(answer.AllExtensionNumbersResponse.ExtensionNumber);
        Assert.Equal("vllm.grpc.engine.GenerateRequest", answer.AllExtensionNumbersResponse.BaseTypeName);
    }

    private static FileDescriptorProto ServiceFile() => new()
    {
        Name = "s.proto",
        Syntax = "proto3",
        Dependency = { "google/api/annotations.proto" },
        Service = { new ServiceDescriptorProto { Name = "S" } },
    };

    private static ServerReflectionResponse Answer(ServerReflectionRequest request) =>
        ReflectionAnswers.Answer(request, Index);
}
