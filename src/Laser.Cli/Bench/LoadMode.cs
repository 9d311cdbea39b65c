namespace Laser.Cli.Bench;

/// <summary>What decides when a request is sent.</summary>
internal enum LoadMode
{
    /// <summary>The clock: requests come at a rate, whatever becomes of those before them (open loop).</summary>
    Rate,

    /// <summary>The answers: so many clients, each of which sends when it has its answer (closed loop).</summary>
    Concurrency,
}
