using Xunit.Abstractions;

namespace Laser.Serve.DeviceCheck;

/// <summary>Hands on what xunit tells, from whatever thread, one at a time.</summary>
internal sealed class MessageSink(Action<IMessageSinkMessage> receive) : Xunit.LongLivedMarshalByRefObject, IMessageSink
{
    private readonly Lock _lock = new();

    public bool OnMessage(IMessageSinkMessage message)
    {
        lock (_lock)
        {
            receive(message);
        }

        return true;
    }
}
