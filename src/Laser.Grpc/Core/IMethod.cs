namespace Grpc.Core;

/// <summary>A remote method, without its message types.</summary>
public interface IMethod
{
    /// <summary>How many messages go each way.</summary>
    MethodType Type { get; }

    /// <summary>The service with its package, as in "laser.serve.v1.Generation".</summary>
    string ServiceName { get; }

    /// <summary>The method without its service.</summary>
    string Name { get; }

    /// <summary>The path of the call, "/service/method".</summary>
    string FullName { get; }
}
