namespace Grpc.Core;

/// <summary>
/// A call that did not succeed. A server handler throws it to choose the status; a client gets it for every status but
/// OK.
/// </summary>
public class RpcException : Exception
{
    /// <summary>Creates an exception whose message is the status.</summary>
    /// <param name="status">The status of the call.</param>
    public RpcException(Status status)
        : this(status, Metadata.Empty, status.ToString())
    {
    }

    /// <summary>Creates an exception with a message of its own, which is not sent.</summary>
    /// <param name="status">The status of the call.</param>
    /// <param name="message">The local message.</param>
    public RpcException(Status status, string message)
        : this(status, Metadata.Empty, message)
    {
    }

    /// <summary>Creates an exception that carries trailers.</summary>
    /// <param name="status">The status of the call.</param>
    /// <param name="trailers">Metadata sent, or received, with the status.</param>
    public RpcException(Status status, Metadata trailers)
        : this(status, trailers, status.ToString())
    {
    }

    /// <summary>Creates an exception that carries trailers, with a message of its own.</summary>
    /// <param name="status">The status of the call.</param>
    /// <param name="trailers">Metadata sent, or received, with the status.</param>
    /// <param name="message">The local message.</param>
    public RpcException(Status status, Metadata trailers, string message)
        : base(message, status.DebugException)
    {
        ArgumentNullException.ThrowIfNull(trailers);
        Status = status;
        Trailers = trailers;
    }

    /// <summary>The status of the call.</summary>
    public Status Status { get; }

    /// <summary>The code of <see cref="Status"/>.</summary>
    public StatusCode StatusCode => Status.StatusCode;

    /// <summary>Metadata sent, or received, with the status.</summary>
    public Metadata Trailers { get; }
}
