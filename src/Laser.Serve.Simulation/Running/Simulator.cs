using System.Diagnostics.Metrics;
using Laser.Serve.Simulation.Load;
using Laser.Serve.Simulation.Results;

namespace Laser.Serve.Simulation.Running;

/// <summary>
/// Runs a load through the engine in simulated time: scheduler, cache blocks, prefix cache, queue and sequences are
/// those of a server; the model alone is replaced, by what its steps cost.
/// </summary>
public sealed class Simulator
{
    private readonly SimulationOptions _options;
    private readonly RequestTrace _trace;

    /// <summary>Prepares the load.</summary>
    /// <exception cref="ArgumentException">An option is wrong.</exception>
    public Simulator(SimulationOptions options)
    {
        if (options.FindErrors() is { Count: > 0 } errors)
        {
            throw new ArgumentException(string.Join(' ', errors));
        }

        _options = options;
        _trace = new RequestTrace(options.Load);
    }

    /// <summary>Runs the load from beginning to end.</summary>
    /// <param name="rate">Requests a second, for all servers together; above zero.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">An option of the engine does not fit the simulated model.</exception>
    public async Task<RunResult> RunAsync(double rate, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rate);
        using var meter = new Meter("Laser.Serve.Simulation");
        var tally = new RunTally(_options.Slo);
        var replicas = new Replica[_options.ReplicaCount];
        for (int i = 0; i < replicas.Length; i++)
        {
            replicas[i] = new Replica(_options.Replica, _options.Load, meter, tally);
        }

        try
        {
            Run(replicas, rate, cancellationToken);
            return tally.Result(rate, replicas.Max(replica => replica.LastEnd), replicas);
        }
        finally
        {
            foreach (Replica replica in replicas)
            {
                await replica.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private void Run(Replica[] replicas, double rate, CancellationToken cancellationToken)
    {
        var router = new Router(_options.Routing, replicas);
        foreach (PlannedRequest request in _trace.At(rate))
        {
            cancellationToken.ThrowIfCancellationRequested();
            Array.ForEach(replicas, replica => replica.RunUntil(request.Arrival));
            router.Choose(request).Submit(request);
        }

        Array.ForEach(replicas, static replica => replica.RunUntil(long.MaxValue));
    }
}
