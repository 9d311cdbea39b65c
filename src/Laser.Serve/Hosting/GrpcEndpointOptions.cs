namespace Laser.Serve.Hosting;

/// <summary>The socket of gRPC, and what is served there besides the services themselves.</summary>
public sealed class GrpcEndpointOptions : EndpointOptions
{
    /// <summary>Whether server reflection tells tools what services there are.</summary>
    public bool Reflection { get; set; } = true;
}
