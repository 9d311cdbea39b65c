using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Laser.Serve.Security;

/// <summary>
/// The age of one connection. When it is old, its client is told to open another one for new calls (GOAWAY), and what
/// runs goes on; what has not ended when the grace time is over is cut.
/// </summary>
/// <remarks>
/// A connection is closed as soon as GOAWAY is sent and no call runs on it, and a call that is on its way just then is
/// lost. Hence GOAWAY goes out only beside a running call, whose answer comes after it, and no call gives its stream
/// back before <see cref="Linger"/> has passed since: what was on its way arrives in that time, and is served.
/// </remarks>
internal sealed class ConnectionAge : IAsyncDisposable
{
    /// <summary>Longer than any round trip.</summary>
    internal static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);

    private readonly Lock _changing = new();
    private readonly ConnectionContext _connection;
    private readonly TimeSpan _grace;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private int _callCount;
    private bool _isOld;
    private volatile bool _isClosing;
    private long _closingSince;

    /// <param name="connection">The connection.</param>
    /// <param name="age">When it is old.</param>
    /// <param name="grace">How long after GOAWAY it may live; infinite for no limit.</param>
    /// <param name="time">Clock.</param>
    public ConnectionAge(ConnectionContext connection, TimeSpan age, TimeSpan grace, TimeProvider time)
    {
        _connection = connection;
        _grace = grace;
        _time = time;
        _timer = time.CreateTimer(
            static state => ((ConnectionAge)state!).Advance(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(age, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether GOAWAY has been sent.</summary>
    public bool IsClosing => _isClosing;

    /// <summary>A call begins.</summary>
    public void Enter()
    {
        lock (_changing)
        {
            _callCount++;
            if (_isOld)
            {
                CloseUnderLock();
            }
        }
    }

    /// <summary>A call has ended.</summary>
    public void Leave()
    {
        lock (_changing)
        {
            _callCount--;
        }
    }

    /// <summary>Waits until a call of a closing connection may give its stream back.</summary>
    /// <param name="stopping">The server stops; waits no longer.</param>
    public async Task LingerAsync(CancellationToken stopping)
    {
        TimeSpan left = Linger - _time.GetElapsedTime(_closingSince);
        if (left > TimeSpan.Zero)
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(_connection.ConnectionClosed, stopping);
            await Task.Delay(left, _time, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The connection has ended.</summary>
    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void Advance()
    {
        lock (_changing)
        {
            if (!IsClosing)
            {
                // Without a call the connection waits for the next one; idle, it is in nobody's way.
                _isOld = true;
                if (_callCount > 0)
                {
                    CloseUnderLock();
                }

                return;
            }
        }

        _connection.Abort(new ConnectionAbortedException("The connection is older than it may be."));
    }

    private void CloseUnderLock()
    {
        if (!IsClosing)
        {
            _closingSince = _time.GetTimestamp();
            _isClosing = true;
            _timer.Change(_grace, Timeout.InfiniteTimeSpan);
            _connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
    }
}
