using System.Net;
using Laser.Serve.Engine;

namespace Laser.Serve.Hosting;

/// <summary>
/// Everything that can be set, section <c>Laser</c> of the configuration (<c>Laser__Model__Path</c> in the
/// environment).
/// </summary>
public sealed class ServerOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Laser";

    /// <summary>What is served.</summary>
    public ModelOptions Model { get; set; } = new();

    /// <summary>Where gRPC is served (HTTP/2 without TLS).</summary>
    public GrpcEndpointOptions Grpc { get; set; } = new() { Port = 50051 };

    /// <summary>Where health and metrics are served (HTTP/1.1).</summary>
    public EndpointOptions Http { get; set; } = new() { Port = 8080 };

    /// <summary>Limits of the engine.</summary>
    public EngineOptions Engine { get; set; } = new();

    /// <summary>Seconds that running requests get to finish after SIGTERM or Ctrl-C. 0 to 3600.</summary>
    public int DrainSeconds { get; set; } = 30;

    /// <summary>Checks everything at once, before anything is started.</summary>
    /// <exception cref="ArgumentException">Names each setting that is wrong, and what it can be.</exception>
    public void ThrowIfWrong()
    {
        List<string> errors = [.. Engine.FindErrors().Select(error => $"{Section}:Engine:{error}")];
        Grpc.FindErrors($"{Section}:Grpc", errors);
        Http.FindErrors($"{Section}:Http", errors);
        if (DrainSeconds is < 0 or > 3600)
        {
            errors.Add($"{Section}:DrainSeconds is {DrainSeconds}; it must be 0 to 3600.");
        }

        if (errors.Count > 0)
        {
            throw new ArgumentException(string.Join(' ', errors));
        }
    }
}

/// <summary>What is served, and on what.</summary>
public sealed class ModelOptions
{
    /// <summary>Folder of a checkpoint in Hugging Face layout; null takes the bundled model.</summary>
    public string? Path { get; set; }

    /// <summary>Name that clients use; null takes the folder's name.</summary>
    public string? Name { get; set; }

    /// <summary>Device: <c>auto</c> or <c>cpu</c>.</summary>
    public string Device { get; set; } = "auto";

    /// <summary>Threads of the CPU device; null takes all processors.</summary>
    public int? Threads { get; set; }

    /// <summary>Whether weights are searched for NaN and infinity at load.</summary>
    public bool CheckWeights { get; set; }
}

/// <summary>A listening socket.</summary>
public class EndpointOptions
{
    /// <summary>IP address; <c>0.0.0.0</c> listens on all.</summary>
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>Port; 0 takes a free one.</summary>
    public int Port { get; set; }

    internal void FindErrors(string name, List<string> errors)
    {
        if (!IPAddress.TryParse(Address, out _))
        {
            errors.Add($"{name}:Address is '{Address}'; it must be an IP address.");
        }

        if (Port is < IPEndPoint.MinPort or > IPEndPoint.MaxPort)
        {
            errors.Add($"{name}:Port is {Port}; it must be {IPEndPoint.MinPort} to {IPEndPoint.MaxPort}.");
        }
    }
}
