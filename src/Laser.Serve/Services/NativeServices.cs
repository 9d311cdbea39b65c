using Laser.Serve.Health;

namespace Laser.Serve.Services;

/// <summary>The services of <c>laser.serve.v1</c>, and health.</summary>
internal static class NativeServices
{
    public static void AddNative(this IServiceCollection services) =>
        services.AddSingleton<Generator>().AddSingleton<ServiceHealth>();

    public static void MapNative(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcService<GenerationService>();
        endpoints.MapGrpcService<TokenizationService>();
        endpoints.MapGrpcService<ModelService>();
        endpoints.MapGrpcService<ServerService>();
        endpoints.MapGrpcService<HealthService>();
    }
}
