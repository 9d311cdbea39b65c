namespace Laser.Grpc.Tests.Interop;

/// <summary>A theory that needs Python with grpcio.</summary>
public sealed class PythonTheoryAttribute : TheoryAttribute
{
    public PythonTheoryAttribute()
    {
        Skip = ClientProgram.Python.SkipReason;
    }
}
