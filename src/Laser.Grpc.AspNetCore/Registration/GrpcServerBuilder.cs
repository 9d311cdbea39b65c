using Grpc.AspNetCore.Server;
using Microsoft.Extensions.DependencyInjection;

namespace Laser.Grpc.AspNetCore.Registration;

internal sealed class GrpcServerBuilder(IServiceCollection services) : IGrpcServerBuilder
{
    public IServiceCollection Services => services;
}
