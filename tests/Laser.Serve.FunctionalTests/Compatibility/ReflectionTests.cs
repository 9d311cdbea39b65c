using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using Laser.Serve.Hosting;
using Laser.Serve.Protocol.Reflection.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Alpha = Laser.Serve.Protocol.Reflection.V1Alpha;

namespace Laser.Serve.FunctionalTests.Compatibility;

/// <summary>Server reflection, asked as a tool asks it.</summary>
public sealed class ReflectionTests(RunningServer server) : IClassFixture<RunningServer>, IDisposable
{
    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(server.GrpcAddress);

    [Fact]
    public async Task Services_Listed_CanAllBeBuiltFromTheirFiles()
    {
        using var call = new ServerReflection.ServerReflectionClient(_channel).ServerReflectionInfo();
        ServerReflectionResponse list = await AskAsync(call, new ServerReflectionRequest { ListServices = "*" });
        string[] names = [.. list.ListServicesResponse.Service.Select(service => service.Name)];
        foreach (string name in names)
        {
            ServerReflectionResponse answer =
                await AskAsync(call, new ServerReflectionRequest { FileContainingSymbol = name });
            IReadOnlyList<FileDescriptor> files = Build(answer.FileDescriptorResponse.FileDescriptorProto);
            Assert.Contains(files.SelectMany(file => file.Services), service => service.FullName == name);
        }

        Assert.Superset(
            new HashSet<string>
            {
                "laser.serve.v1.Generation", "laser.serve.v1.Models", "inference.GRPCInferenceService",
                "vllm.grpc.engine.VllmEngine", "grpc.reflection.v1.ServerReflection",
                "grpc.reflection.v1alpha.ServerReflection",
            },
            names.ToHashSet());
    }

    [Fact]
    public async Task VersionAlpha_SameQuestion_HasTheSameAnswer()
    {
        const string Symbol = "laser.serve.v1.Generation.Generate";
        using var call = new ServerReflection.ServerReflectionClient(_channel).ServerReflectionInfo();
        using var alphaCall = new Alpha.ServerReflection.ServerReflectionClient(_channel).ServerReflectionInfo();

        ServerReflectionResponse answer =
            await AskAsync(call, new ServerReflectionRequest { Host = "h", FileContainingSymbol = Symbol });
        await alphaCall.RequestStream.WriteAsync(
            new Alpha.ServerReflectionRequest { Host = "h", FileContainingSymbol = Symbol });
        await alphaCall.ResponseStream.MoveNext(CancellationToken.None);

        Assert.Equal(answer.ToByteString(), alphaCall.ResponseStream.Current.ToByteString());
        Assert.Equal("h", answer.ValidHost);
    }

    [Fact]
    public async Task Unknown_Symbol_IsNotFoundAndTheStreamGoesOn()
    {
        using var call = new ServerReflection.ServerReflectionClient(_channel).ServerReflectionInfo();

        ServerReflectionResponse unknown =
            await AskAsync(call, new ServerReflectionRequest { FileContainingSymbol = "no.such.Thing" });
        ServerReflectionResponse known =
            await AskAsync(call, new ServerReflectionRequest { FileByFilename = "laser/serve/v1/models.proto" });

        Assert.Equal((int)StatusCode.NotFound, unknown.ErrorResponse.ErrorCode);
        Assert.NotNull(known.FileDescriptorResponse);
    }

    [Fact]
    public async Task SwitchedOff_IsUnimplementedAndTheOthersServe()
    {
        await using WebApplication app = LaserServer.Build(
            ["--grpc-port", "0", "--http-port", "0", "--Laser:Grpc:Reflection=false"],
            builder => builder.Logging.SetMinimumLevel(LogLevel.None));
        await app.StartAsync();
        using GrpcChannel channel = GrpcChannel.ForAddress(LaserServer.GrpcAddress(app));
        using var call = new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo();
        var vllm = new Laser.Serve.Protocol.Vllm.VllmEngine.VllmEngineClient(channel);

        RpcException e = await Assert.ThrowsAsync<RpcException>(
            () => AskAsync(call, new ServerReflectionRequest { ListServices = "" }));

        Assert.Equal(StatusCode.Unimplemented, e.StatusCode);
        await vllm.GetServerInfoAsync(new Laser.Serve.Protocol.Vllm.GetServerInfoRequest());
        await app.StopAsync();
    }

    public void Dispose() => _channel.Dispose();

    // A tool does the same: dependencies first, each file once.
    private static IReadOnlyList<FileDescriptor> Build(IEnumerable<ByteString> protos)
    {
        var files = protos.Reverse().ToDictionary(proto => FileDescriptorProto.Parser.ParseFrom(proto).Name);
        List<ByteString> ordered = [];
        while (files.Count > 0)
        {
            (string name, ByteString next) = files.First(pair =>
                !FileDescriptorProto.Parser.ParseFrom(pair.Value).Dependency.Any(files.ContainsKey));
            ordered.Add(next);
            files.Remove(name);
        }

        return FileDescriptor.BuildFromByteStrings(ordered);
    }

    private static async Task<ServerReflectionResponse> AskAsync(
        AsyncDuplexStreamingCall<ServerReflectionRequest, ServerReflectionResponse> call,
        ServerReflectionRequest request)
    {
        await call.RequestStream.WriteAsync(request);
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        return call.ResponseStream.Current;
    }
}
