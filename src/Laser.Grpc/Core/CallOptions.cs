namespace Grpc.Core;

/// <summary>Options of one call of a client.</summary>
public readonly struct CallOptions
{
    /// <summary>Creates options.</summary>
    /// <param name="headers">Metadata sent before the request.</param>
    /// <param name="deadline">When the call ends in any case, in UTC.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <param name="writeOptions">How requests are sent.</param>
    public CallOptions(
        Metadata? headers = null,
        DateTime? deadline = null,
        CancellationToken cancellationToken = default,
        WriteOptions? writeOptions = null)
    {
        Headers = headers;
        Deadline = deadline;
        CancellationToken = cancellationToken;
        WriteOptions = writeOptions;
    }

    /// <summary>Metadata sent before the request.</summary>
    public Metadata? Headers { get; }

    /// <summary>When the call ends in any case, in UTC; null for never.</summary>
    public DateTime? Deadline { get; }

    /// <summary>Cancels the call.</summary>
    public CancellationToken CancellationToken { get; }

    /// <summary>How requests are sent.</summary>
    public WriteOptions? WriteOptions { get; }

    /// <summary>These options with other headers.</summary>
    /// <param name="headers">Metadata sent before the request.</param>
    public CallOptions WithHeaders(Metadata headers) => new(headers, Deadline, CancellationToken, WriteOptions);

    /// <summary>These options with another deadline.</summary>
    /// <param name="deadline">When the call ends in any case, in UTC.</param>
    public CallOptions WithDeadline(DateTime deadline) => new(Headers, deadline, CancellationToken, WriteOptions);

    /// <summary>These options with another token.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    public CallOptions WithCancellationToken(CancellationToken cancellationToken) =>
        new(Headers, Deadline, cancellationToken, WriteOptions);

    /// <summary>These options with other write options.</summary>
    /// <param name="writeOptions">How requests are sent.</param>
    public CallOptions WithWriteOptions(WriteOptions writeOptions) =>
        new(Headers, Deadline, CancellationToken, writeOptions);
}
