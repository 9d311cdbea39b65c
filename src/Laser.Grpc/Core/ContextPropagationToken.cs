namespace Grpc.Core;

/// <summary>Hands deadline and cancellation of a call to calls its handler makes.</summary>
/// <remarks>No such token exists here; the type is there because classes derived from
/// <see cref="ServerCallContext"/>, such as test doubles, must name it.</remarks>
public abstract class ContextPropagationToken
{
    internal ContextPropagationToken()
    {
    }
}
