namespace Laser.Grpc.Tests.Interop;

/// <summary>A test that needs Node.js and @grpc/grpc-js.</summary>
public sealed class NodeFactAttribute() : ClientFactAttribute(
    "node",
    ["--input-type=module", "--eval", "import '@grpc/grpc-js'; import '@grpc/proto-loader';"],
    TestFiles.InteropDirectory("node"),
    "Node.js with @grpc/grpc-js is not there; run 'npm ci' in tests/Laser.Grpc.Tests/Interop/node.");
