namespace Grpc.AspNetCore.Server;

/// <summary>Options of all gRPC services.</summary>
public class GrpcServiceOptions
{
    /// <summary>The largest message to send, in bytes; null, the default, for any.</summary>
    public int? MaxSendMessageSize
    {
        get;
        set
        {
            field = value;
            MaxSendMessageSizeSpecified = true;
        }
    }

    /// <summary>Whether <see cref="MaxSendMessageSize"/> was set.</summary>
    public bool MaxSendMessageSizeSpecified { get; private set; }

    /// <summary>The largest message to receive, in bytes; null for any. The default is 4 MiB.</summary>
    public int? MaxReceiveMessageSize
    {
        get;
        set
        {
            field = value;
            MaxReceiveMessageSizeSpecified = true;
        }
    }

    /// <summary>Whether <see cref="MaxReceiveMessageSize"/> was set.</summary>
    public bool MaxReceiveMessageSizeSpecified { get; private set; }

    /// <summary>Whether clients are told the exception a handler failed with. The default is false.</summary>
    public bool? EnableDetailedErrors { get; set; }

    /// <summary>
    /// Whether calls of services and methods that do not exist are left to other endpoints instead of being answered
    /// with UNIMPLEMENTED. The default is false.
    /// </summary>
    public bool? IgnoreUnknownServices { get; set; }

    /// <summary>The interceptors of calls; the first one sees a call first.</summary>
    public InterceptorCollection Interceptors { get; } = [];
}
