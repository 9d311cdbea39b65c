namespace Grpc.Core;

/// <summary>The base of a generated client.</summary>
/// <typeparam name="T">The client.</typeparam>
public abstract class ClientBase<T> : ClientBase
    where T : ClientBase<T>
{
    /// <summary>Creates a client that cannot call, for test doubles.</summary>
    protected ClientBase()
    {
    }

    /// <summary>Creates a client from the configuration of another.</summary>
    /// <param name="configuration">The configuration.</param>
    protected ClientBase(ClientBaseConfiguration configuration)
        : base(configuration)
    {
    }

    /// <summary>Creates a client of a channel.</summary>
    /// <param name="channel">The channel.</param>
    protected ClientBase(ChannelBase channel)
        : base(channel)
    {
    }

    /// <summary>Creates a client of a call invoker.</summary>
    /// <param name="callInvoker">The invoker.</param>
    protected ClientBase(CallInvoker callInvoker)
        : base(callInvoker)
    {
    }

    /// <summary>Creates another client of the same kind; generated code implements it.</summary>
    /// <param name="configuration">The configuration of the new client.</param>
    protected abstract T NewInstance(ClientBaseConfiguration configuration);
}
