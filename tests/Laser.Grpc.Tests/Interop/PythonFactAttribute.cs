namespace Laser.Grpc.Tests.Interop;

/// <summary>A test that needs Python with grpcio.</summary>
public sealed class PythonFactAttribute : FactAttribute
{
    public PythonFactAttribute()
    {
        Skip = ClientProgram.Python.SkipReason;
    }
}
