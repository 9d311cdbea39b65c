namespace Laser.Serve.Telemetry;

/// <summary>A method of the API, of which there is a fixed number: what may be the value of a label.</summary>
/// <param name="Name"><c>laser.serve.v1.Generation/Generate</c>, or <c>/v1/completions</c>.</param>
/// <param name="IsGrpc">Whether it is a method of a gRPC service.</param>
internal sealed record ApiMethod(string Name, bool IsGrpc);
