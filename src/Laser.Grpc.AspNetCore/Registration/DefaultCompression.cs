using Grpc.AspNetCore.Server;
using Laser.Grpc.Protocol;
using Microsoft.Extensions.Options;

namespace Laser.Grpc.AspNetCore.Registration;

/// <summary>Gives all services gzip and deflate, which an application may then take away.</summary>
internal sealed class DefaultCompression : IConfigureOptions<GrpcServiceOptions>
{
    public void Configure(GrpcServiceOptions options)
    {
        foreach (var provider in MessageEncodings.Default)
        {
            options.CompressionProviders.Add(provider);
        }
    }
}
