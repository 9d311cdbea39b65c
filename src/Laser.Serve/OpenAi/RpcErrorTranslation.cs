using Google.Rpc;
using Grpc.Core;
using Laser.Serve.Errors;
using RpcStatus = Google.Rpc.Status;

namespace Laser.Serve.OpenAi;

/// <summary>gRPC errors, with the details that <see cref="RpcErrors"/> gives them, as OpenAI's.</summary>
internal static class RpcErrorTranslation
{
    /// <param name="e">The error of a native call.</param>
    /// <param name="parameters">The caller's names of the native fields.</param>
    public static OpenAiException Translate(RpcException e, ParameterNames parameters)
    {
        RpcStatus details = RpcErrors.Details(e) ?? new RpcStatus();
        (int status, string type) = Twin(e.StatusCode);
        string? parameter = null;
        string code = Code(details, e.StatusCode);
        string message = e.Status.Detail;
        if (Detail<ResourceInfo>(details) is { ResourceType: "model" })
        {
            parameter = "model";
            code = "model_not_found";
        }

        if (Detail<BadRequest>(details)?.FieldViolations.FirstOrDefault() is { } violation)
        {
            parameter = parameters.Of(violation.Field);
            code = "invalid_value";
            message = $"{parameter} {violation.Description}.";
        }

        return new OpenAiException(
            status,
            new OpenAiError(message, type, parameter, code),
            Detail<RetryInfo>(details)?.RetryDelay.ToTimeSpan());
    }

    /// <summary>The HTTP status for a gRPC status, and OpenAI's class of error.</summary>
    public static (int Status, string Type) Twin(StatusCode code) => code switch
    {
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.OutOfRange =>
            (StatusCodes.Status400BadRequest, OpenAiError.InvalidRequest),
        StatusCode.Unauthenticated => (StatusCodes.Status401Unauthorized, "authentication_error"),
        StatusCode.PermissionDenied => (StatusCodes.Status403Forbidden, "permission_error"),
        StatusCode.NotFound => (StatusCodes.Status404NotFound, OpenAiError.InvalidRequest),
        StatusCode.AlreadyExists => (StatusCodes.Status409Conflict, "conflict_error"),
        StatusCode.ResourceExhausted => (StatusCodes.Status429TooManyRequests, "rate_limit_error"),
        StatusCode.Cancelled => (StatusCodes.Status499ClientClosedRequest, "cancelled_error"),
        StatusCode.Unimplemented => (StatusCodes.Status501NotImplemented, "server_error"),
        StatusCode.Unavailable or StatusCode.Aborted => (StatusCodes.Status503ServiceUnavailable, "service_unavailable_error"),
        StatusCode.DeadlineExceeded => (StatusCodes.Status504GatewayTimeout, "timeout_error"),
        _ => (StatusCodes.Status500InternalServerError, "server_error"),
    };

    private static T? Detail<T>(RpcStatus status)
        where T : class, Google.Protobuf.IMessage<T>, new() =>
        status.Details.Select(any => any.TryUnpack(out T message) ? message : null).FirstOrDefault(m => m is not null);

    private static string Code(RpcStatus details, StatusCode code) =>
        (Detail<ErrorInfo>(details)?.Reason ?? code.ToString()).ToLowerInvariant();
}
