namespace Grpc.Core;

/// <summary>How a call ended. The numbers are those of the gRPC protocol (grpc/grpc, doc/statuscodes.md).</summary>
public enum StatusCode
{
    /// <summary>The call succeeded.</summary>
    OK = 0,

    /// <summary>The call was cancelled, as a rule by the caller.</summary>
    Cancelled = 1,

    /// <summary>An error that fits no other code, or whose cause is not told.</summary>
    Unknown = 2,

    /// <summary>The request is wrong whatever the state of the server.</summary>
    InvalidArgument = 3,

    /// <summary>The deadline passed before the call ended.</summary>
    DeadlineExceeded = 4,

    /// <summary>What was asked for does not exist.</summary>
    NotFound = 5,

    /// <summary>What was to be created exists.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is known and may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>The caller is not known.</summary>
    Unauthenticated = 16,

    /// <summary>A quota, a size limit or the capacity is used up.</summary>
    ResourceExhausted = 8,

    /// <summary>The state of the server does not allow the call, and trying again does not help.</summary>
    FailedPrecondition = 9,

    /// <summary>The operation was given up because of a conflict.</summary>
    Aborted = 10,

    /// <summary>A position lies beyond the valid range.</summary>
    OutOfRange = 11,

    /// <summary>The server does not have the method.</summary>
    Unimplemented = 12,

    /// <summary>An invariant does not hold; something is broken.</summary>
    Internal = 13,

    /// <summary>The server cannot be reached or does not take calls now; trying again may help.</summary>
    Unavailable = 14,

    /// <summary>Data is lost or corrupt.</summary>
    DataLoss = 15,
}
