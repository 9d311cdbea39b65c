namespace Laser.Grpc.Tests.Interop;

/// <summary>A theory that needs Node.js and @grpc/grpc-js.</summary>
public sealed class NodeTheoryAttribute : TheoryAttribute
{
    public NodeTheoryAttribute()
    {
        Skip = ClientProgram.Node.SkipReason;
    }
}
