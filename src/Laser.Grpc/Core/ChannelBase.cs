namespace Grpc.Core;

/// <summary>A connection to a server, from which clients are made.</summary>
public abstract class ChannelBase
{
    /// <summary>Creates a channel.</summary>
    /// <param name="target">The server.</param>
    protected ChannelBase(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        Target = target;
    }

    /// <summary>The server.</summary>
    public string Target { get; }

    /// <summary>What starts calls on this channel.</summary>
    public abstract CallInvoker CreateCallInvoker();

    /// <summary>Closes the channel.</summary>
    public Task ShutdownAsync() => ShutdownAsyncCore();

    /// <summary>Closes the channel; a derived class does its part here.</summary>
    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}
