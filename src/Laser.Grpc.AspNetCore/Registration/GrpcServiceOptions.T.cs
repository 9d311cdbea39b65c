namespace Grpc.AspNetCore.Server;

/// <summary>
/// Options of one gRPC service. What is not set comes from <see cref="GrpcServiceOptions"/>; interceptors come after
/// those.
/// </summary>
/// <typeparam name="TService">The service.</typeparam>
public class GrpcServiceOptions<TService> : GrpcServiceOptions
    where TService : class
{
}
