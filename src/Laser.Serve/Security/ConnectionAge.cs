using Laser.Serve.Hosting;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Laser.Serve.Security;

/// <summary>
/// Ends connections that have grown old: first a GOAWAY, after which running calls go on and new ones take a new
/// connection; at the end of the grace time, by force. A load balancer below HTTP/2 spreads connections, not calls, and
/// a server that was added would get none.
/// </summary>
internal sealed class ConnectionAge : IAsyncDisposable
{
    // Clients that connected together must not come back together.
    private const double Jitter = 0.1;

    private readonly ConnectionContext _connection;
    private readonly TimeSpan _grace;
    private readonly ITimer _timer;
    private bool _isAsked;

    private ConnectionAge(ConnectionContext connection, TimeSpan age, TimeSpan grace, TimeProvider time)
    {
        _connection = connection;
        _grace = grace;
        _timer = time.CreateTimer(
            static state => ((ConnectionAge)state!).Advance(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(age, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Limits the connections of a socket.</summary>
    public static void Use(ListenOptions listen, GrpcEndpointOptions options, TimeProvider time)
    {
        if (options.MaxConnectionAgeSeconds == 0)
        {
            return;
        }

        TimeSpan grace = options.MaxConnectionAgeGraceSeconds == 0
            ? Timeout.InfiniteTimeSpan
            : TimeSpan.FromSeconds(options.MaxConnectionAgeGraceSeconds);
        listen.Use(next => async connection =>
        {
            TimeSpan age = WithJitter(options.MaxConnectionAgeSeconds, Random.Shared.NextDouble());
            await using var limit = new ConnectionAge(connection, age, grace, time);
            await next(connection);
        });
    }

    /// <summary>The age of one connection.</summary>
    /// <param name="seconds">The age that is set.</param>
    /// <param name="random">0 to 1, anew for every connection.</param>
    internal static TimeSpan WithJitter(int seconds, double random) =>
        TimeSpan.FromSeconds(seconds * (1 + (Jitter * ((2 * random) - 1))));

    /// <summary>The connection has ended.</summary>
    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void Advance()
    {
        if (_isAsked)
        {
            _connection.Abort(new ConnectionAbortedException("The connection is older than it may be."));
            return;
        }

        _isAsked = true;
        _timer.Change(_grace, Timeout.InfiniteTimeSpan);
        _connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
    }
}
