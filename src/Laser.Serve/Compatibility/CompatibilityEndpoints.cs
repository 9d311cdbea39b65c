using Laser.Serve.Compatibility.OpenInference;
using Laser.Serve.Compatibility.Vllm;
using Laser.Serve.Hosting;
using Laser.Serve.Reflection;

namespace Laser.Serve.Compatibility;

/// <summary>The services that clients of other servers know, on the gRPC port beside the native ones.</summary>
internal static class CompatibilityEndpoints
{
    public static void AddCompatibility(this IServiceCollection services) => services
        .AddSingleton<InferGeneration>()
        .AddSingleton<RunningCalls>()
        .AddSingleton<VllmServerState>()
        .AddSingleton<ServedDescriptors>();

    public static void MapCompatibility(this WebApplication app)
    {
        app.Services.GetRequiredService<VllmServerState>(); // its clock starts with the server
        app.MapGrpcService<OpenInferenceService>();
        app.MapGrpcService<VllmEngineService>();
        if (app.Services.GetRequiredService<ServerOptions>().Grpc.Reflection)
        {
            app.MapGrpcService<ReflectionService>();
            app.MapGrpcService<ReflectionAlphaService>();
        }
    }
}
