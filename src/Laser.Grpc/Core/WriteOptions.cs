namespace Grpc.Core;

/// <summary>Options of the messages of a stream.</summary>
public class WriteOptions
{
    /// <summary>No flags.</summary>
    public static readonly WriteOptions Default = new();

    /// <summary>Creates options.</summary>
    /// <param name="flags">How messages are sent.</param>
    public WriteOptions(WriteFlags flags = default)
    {
        Flags = flags;
    }

    /// <summary>How messages are sent.</summary>
    public WriteFlags Flags { get; }
}
