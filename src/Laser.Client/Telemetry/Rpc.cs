namespace Laser.Client.Telemetry;

/// <summary>The name of a method.</summary>
/// <param name="Service">With its package.</param>
/// <param name="Method">Without anything.</param>
internal sealed record Rpc(string Service, string Method)
{
    public static Rpc Generate { get; } = new("laser.serve.v1.Generation", "Generate");

    public static Rpc GenerateOnce { get; } = new("laser.serve.v1.Generation", "GenerateOnce");

    public static Rpc GetModel { get; } = new("laser.serve.v1.Models", "GetModel");

    public static Rpc ListModels { get; } = new("laser.serve.v1.Models", "ListModels");

    public static Rpc Tokenize { get; } = new("laser.serve.v1.Tokenization", "Tokenize");

    public static Rpc Detokenize { get; } = new("laser.serve.v1.Tokenization", "Detokenize");

    public static Rpc GetServerInfo { get; } = new("laser.serve.v1.Server", "GetServerInfo");

    public static Rpc GetLoad { get; } = new("laser.serve.v1.Server", "GetLoad");

    public string FullName { get; } = $"{Service}/{Method}";
}
