namespace Grpc.Core;

/// <summary>The base of all clients.</summary>
public abstract class ClientBase
{
    private readonly CallInvoker? _callInvoker;

    /// <summary>Creates a client that cannot call, for test doubles.</summary>
    protected ClientBase()
    {
    }

    /// <summary>Creates a client from the configuration of another.</summary>
    /// <param name="configuration">The configuration.</param>
    protected ClientBase(ClientBaseConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        _callInvoker = configuration.CallInvoker;
    }

    /// <summary>Creates a client of a channel.</summary>
    /// <param name="channel">The channel.</param>
    protected ClientBase(ChannelBase channel)
    {
        ArgumentNullException.ThrowIfNull(channel);
        _callInvoker = channel.CreateCallInvoker();
    }

    /// <summary>Creates a client of a call invoker.</summary>
    /// <param name="callInvoker">The invoker.</param>
    protected ClientBase(CallInvoker callInvoker)
    {
        ArgumentNullException.ThrowIfNull(callInvoker);
        _callInvoker = callInvoker;
    }

    /// <summary>What starts the calls.</summary>
    /// <exception cref="InvalidOperationException">The client was made without one.</exception>
    protected CallInvoker CallInvoker => _callInvoker
        ?? throw new InvalidOperationException("This client was created without a channel and cannot call.");

    /// <summary>What a client is made of.</summary>
    protected internal class ClientBaseConfiguration
    {
        internal ClientBaseConfiguration(CallInvoker callInvoker)
        {
            CallInvoker = callInvoker;
        }

        internal CallInvoker CallInvoker { get; }
    }
}
