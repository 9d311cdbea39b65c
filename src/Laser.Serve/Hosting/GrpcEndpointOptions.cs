namespace Laser.Serve.Hosting;

/// <summary>The listening socket of gRPC, and how long its connections live.</summary>
public sealed class GrpcEndpointOptions : EndpointOptions
{
    private const int SecondsOfADay = 24 * 60 * 60;

    /// <summary>
    /// Seconds, 10 % more or less, after which a connection is asked to end (GOAWAY): running calls finish, new ones
    /// open a connection that a load balancer can send elsewhere. 0 to 86400; 0 is no limit.
    /// </summary>
    public int MaxConnectionAgeSeconds { get; set; }

    /// <summary>
    /// Seconds that the calls of such a connection get to finish before it is cut. 0 to 86400; 0 is no limit.
    /// </summary>
    public int MaxConnectionAgeGraceSeconds { get; set; } = 600;

    /// <summary>Whether server reflection tells tools what services there are.</summary>
    public bool Reflection { get; set; } = true;

    internal override void FindErrors(string name, List<string> errors)
    {
        base.FindErrors(name, errors);
        SettingCheck.Range(
            errors, $"{name}:{nameof(MaxConnectionAgeSeconds)}", MaxConnectionAgeSeconds, 0, SecondsOfADay);
        SettingCheck.Range(
            errors, $"{name}:{nameof(MaxConnectionAgeGraceSeconds)}", MaxConnectionAgeGraceSeconds, 0, SecondsOfADay);
    }
}
