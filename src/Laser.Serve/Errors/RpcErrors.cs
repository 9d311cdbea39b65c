using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using RpcStatus = Google.Rpc.Status;
using Status = Grpc.Core.Status;

namespace Laser.Serve.Errors;

/// <summary>
/// Every failure a client can see, as an <see cref="RpcException"/> with the details of <c>google.rpc</c> in the trailer
/// <c>grpc-status-details-bin</c>. The first detail is always an <see cref="ErrorInfo"/> with a stable reason.
/// </summary>
internal static class RpcErrors
{
    /// <summary>Domain of the reasons.</summary>
    public const string Domain = "laser.serve";

    /// <summary>Key of the trailer with the details.</summary>
    public const string DetailsKey = "grpc-status-details-bin";

    /// <summary>A field of the request is wrong.</summary>
    /// <param name="field">Path of the field in the request, as protobuf names it.</param>
    /// <param name="problem">What is wrong with it; reads on from the field's name and has no full stop.</param>
    public static RpcException InvalidArgument(string field, string problem) => Create(
        StatusCode.InvalidArgument,
        "INVALID_FIELD",
        $"{field} {problem}.",
        Violation(field, problem));

    /// <summary>What was asked for is not here.</summary>
    public static RpcException NotFound(string resourceType, string name, string message) => Create(
        StatusCode.NotFound,
        "NOT_FOUND",
        message,
        new ResourceInfo { ResourceType = resourceType, ResourceName = name });

    /// <summary>Not now; the same request may succeed later.</summary>
    public static RpcException Unavailable(string reason, string message, TimeSpan retryAfter) =>
        Create(StatusCode.Unavailable, reason, message, Retry(retryAfter));

    /// <summary>Too much at once; the same request may succeed later.</summary>
    public static RpcException ResourceExhausted(string reason, string message, TimeSpan retryAfter) =>
        Create(StatusCode.ResourceExhausted, reason, message, Retry(retryAfter));

    /// <summary>Any other failure.</summary>
    public static RpcException Create(StatusCode code, string reason, string message, params IEnumerable<IMessage> details)
    {
        var status = new RpcStatus { Code = (int)code, Message = message };
        status.Details.Add(Any.Pack(new ErrorInfo { Domain = Domain, Reason = reason }));
        status.Details.AddRange(details.Select(Any.Pack));
        return FromDetails(status);
    }

    /// <summary>What this protocol has no counterpart of.</summary>
    /// <param name="field">Path of the field that asks for it.</param>
    /// <param name="problem">Why it is refused; reads on from the field's name and has no full stop.</param>
    public static RpcException Unsupported(string field, string problem) => Create(
        StatusCode.Unimplemented,
        "NOT_SUPPORTED",
        $"{field} {problem}.",
        Violation(field, problem));

    /// <summary>The error that a status with details describes.</summary>
    public static RpcException FromDetails(RpcStatus status) => new(
        new Status((StatusCode)status.Code, status.Message),
        new Metadata { { DetailsKey, status.ToByteArray() } });

    /// <summary>The details of an error; null if it has none.</summary>
    public static RpcStatus? Details(RpcException error) =>
        error.Trailers.GetValueBytes(DetailsKey) is { } bytes ? RpcStatus.Parser.ParseFrom(bytes) : null;

    private static BadRequest Violation(string field, string problem) => new()
    {
        FieldViolations = { new BadRequest.Types.FieldViolation { Field = field, Description = problem } },
    };

    private static RetryInfo Retry(TimeSpan after) => new() { RetryDelay = Duration.FromTimeSpan(after) };
}
