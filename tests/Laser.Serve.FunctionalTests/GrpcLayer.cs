using Grpc.Net.Client;

namespace Laser.Serve.FunctionalTests;

/// <summary>What the server and its client were built with.</summary>
internal static class GrpcLayer
{
    /// <summary>Whether it is the gRPC packages (UseUpstreamPackages); their errors say less, and some have another code.</summary>
    public static bool IsUpstream { get; } = typeof(GrpcChannel).Assembly.GetName().Name == "Grpc.Net.Client";
}
