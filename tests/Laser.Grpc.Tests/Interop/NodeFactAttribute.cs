namespace Laser.Grpc.Tests.Interop;

/// <summary>A test that needs Node.js and @grpc/grpc-js.</summary>
public sealed class NodeFactAttribute : FactAttribute
{
    public NodeFactAttribute()
    {
        Skip = ClientProgram.Node.SkipReason;
    }
}
