namespace Laser.Grpc.Tests.Interop;

/// <summary>A test that needs Python with grpcio.</summary>
public sealed class PythonFactAttribute() : ClientFactAttribute(
    TestFiles.Python,
    ["-c", "import grpc, google.protobuf"],
    TestFiles.InteropDirectory("python"),
    "Python with grpcio and protobuf is not there; install Debian's python3-grpcio and python3-protobuf.");
