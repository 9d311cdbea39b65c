namespace Grpc.Core;

/// <summary>How a message is sent.</summary>
[Flags]
public enum WriteFlags
{
    /// <summary>The message may wait for the next one before it goes out.</summary>
    BufferHint = 0x1,

    /// <summary>The message is not compressed.</summary>
    NoCompress = 0x2,
}
