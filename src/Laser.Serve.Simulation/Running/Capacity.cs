using Laser.Serve.Simulation.Results;

namespace Laser.Serve.Simulation.Running;

/// <summary>What servers can do at most.</summary>
public static class Capacity
{
    private const int RequestCount = 1000;
    private const double LowestRate = 1e-3;
    private const double HighestRate = 1e9;
    private const double Factor = 3;

    // Servers that do less than this part of what comes are at their limit.
    private const double Overloaded = 0.75;

    /// <summary>
    /// Requests a second that come to their end when more come than can be served. A little low, for at the end the
    /// servers run empty.
    /// </summary>
    /// <param name="options">Servers and load; that clients give up does not count here.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">An option is wrong, or no request of the load can be served.</exception>
    public static async Task<double> FindAsync(SimulationOptions options, CancellationToken cancellationToken)
    {
        var simulator = new Simulator(options with
        {
            Load = options.Load with { RequestCount = RequestCount, CancelShare = 0, TimeLimitSeconds = null },
        });
        for (double rate = LowestRate; rate < HighestRate; rate *= Factor)
        {
            RunResult result = await simulator.RunAsync(rate, cancellationToken).ConfigureAwait(false);
            if (result.Finished == 0)
            {
                break;
            }

            // What can never fit is nothing that servers could do more of.
            double servable = rate * (result.Requests - result.TooLong) / result.Requests;
            if (result.RequestsPerSecond < Overloaded * servable)
            {
                return result.RequestsPerSecond;
            }
        }

        throw new ArgumentException("No arrival rate is too much for these servers, or they can serve none at all.");
    }
}
