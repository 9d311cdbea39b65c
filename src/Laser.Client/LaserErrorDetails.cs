using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;

namespace Laser.Client;

/// <summary>
/// What a server says about a failure beside the status: the details of <c>google.rpc.Status</c> and the name of the
/// request. What the server did not send is null or empty.
/// </summary>
public sealed class LaserErrorDetails
{
    internal LaserErrorDetails(Google.Rpc.Status? status, string? requestId)
    {
        Status = status;
        RequestId = requestId;
        if (status is null)
        {
            return;
        }

        ErrorInfo? info = Find<ErrorInfo>(status);
        Reason = info?.Reason;
        Domain = info?.Domain;
        RetryDelay = ToTimeSpan(Find<RetryInfo>(status)?.RetryDelay);
        FieldViolations = Find<BadRequest>(status)?.FieldViolations.AsReadOnly() ?? FieldViolations;
    }

    /// <summary>Stable name of what happened, for programs, such as <c>QUEUE_FULL</c>.</summary>
    public string? Reason { get; }

    /// <summary>Whose <see cref="Reason"/> it is; <c>laser.serve</c> for the server's own.</summary>
    public string? Domain { get; }

    /// <summary>Time after which the server wants to be asked again.</summary>
    public TimeSpan? RetryDelay { get; }

    /// <summary>The fields of the request that are wrong, by their protobuf path, and why.</summary>
    public IReadOnlyList<BadRequest.Types.FieldViolation> FieldViolations { get; } = [];

    /// <summary>Name of the request in the server's logs and traces.</summary>
    public string? RequestId { get; }

    /// <summary>All of it, as it was sent.</summary>
    public Google.Rpc.Status? Status { get; }

    private static T? Find<T>(Google.Rpc.Status status)
        where T : class, IMessage<T>, new() =>
        status.Details.Select(Unpack<T>).FirstOrDefault(message => message is not null);

    // An error must not fail because its details cannot be read.
    private static T? Unpack<T>(Any detail)
        where T : class, IMessage<T>, new()
    {
        try
        {
            return detail.TryUnpack(out T message) ? message : null;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    // A hostile server may send one that is out of range or negative; it then says nothing.
    private static TimeSpan? ToTimeSpan(Duration? delay)
    {
        try
        {
            return delay?.ToTimeSpan() is { } time && time >= TimeSpan.Zero ? time : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
