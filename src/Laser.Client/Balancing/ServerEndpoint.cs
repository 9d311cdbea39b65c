using Grpc.Core;
using Grpc.Net.Client;
using Polly;

namespace Laser.Client.Balancing;

/// <summary>
/// One server: its channel, its circuit breaker, and whether it is passed over for now. The channel is closed when the
/// last user of a retired endpoint has left.
/// </summary>
internal sealed class ServerEndpoint
{
    private readonly GrpcChannel _channel;
    private readonly TimeProvider _time;
    private readonly Lock _users = new();
    private int _userCount;
    private bool _isRetired;

    private long _skippedUntil;

    public ServerEndpoint(ServerAddress address, GrpcChannel channel, ResiliencePipeline breaker, TimeProvider time)
    {
        Address = address;
        _channel = channel;
        _time = time;
        Breaker = breaker;
        Invoker = channel.CreateCallInvoker();
    }

    public ServerAddress Address { get; }

    public CallInvoker Invoker { get; }

    /// <summary>What every attempt on this server runs in; throws while the circuit is open.</summary>
    public ResiliencePipeline Breaker { get; }

    /// <summary>When it is no longer passed over, in UTC ticks.</summary>
    public long SkippedUntil => Volatile.Read(ref _skippedUntil);

    public bool IsSkipped => SkippedUntil > _time.GetUtcNow().Ticks;

    /// <summary>Passes it over for a while; a shorter time does not cut a longer one.</summary>
    public void Skip(TimeSpan duration)
    {
        long until = (_time.GetUtcNow() + duration).Ticks;
        long current = SkippedUntil;
        while (until > current)
        {
            long seen = Interlocked.CompareExchange(ref _skippedUntil, until, current);
            if (seen == current)
            {
                return;
            }

            current = seen;
        }
    }

    /// <summary>Begins to use the channel.</summary>
    /// <returns>False where the endpoint has been retired; it must then not be used.</returns>
    public bool TryEnter()
    {
        lock (_users)
        {
            if (_isRetired)
            {
                return false;
            }

            _userCount++;
            return true;
        }
    }

    /// <summary>A user has another use for the channel; that is granted even where the endpoint is retired.</summary>
    public void Enter()
    {
        lock (_users)
        {
            _userCount++;
        }
    }

    /// <summary>Ends the use of the channel.</summary>
    public void Leave()
    {
        lock (_users)
        {
            _userCount--;
            if (!_isRetired || _userCount > 0)
            {
                return;
            }
        }

        _channel.Dispose();
    }

    /// <summary>Takes no new users; the channel closes with the last one.</summary>
    public void Retire()
    {
        lock (_users)
        {
            if (_isRetired)
            {
                return;
            }

            _isRetired = true;
            if (_userCount > 0)
            {
                return;
            }
        }

        _channel.Dispose();
    }

    /// <summary>Takes no new users and cancels the calls of those there are.</summary>
    public void Close()
    {
        Retire();
        _channel.Dispose();
    }
}
