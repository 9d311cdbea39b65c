using System.IO.Compression;
using Grpc.Net.Compression;

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
    /// The compression of responses, by name; null, the default, for none. A client that does not accept it gets its
    /// responses as they are.
    /// </summary>
    public string? ResponseCompressionAlgorithm { get; set; }

    /// <summary>How much to compress; null, the default, for as much as the provider does by itself.</summary>
    public CompressionLevel? ResponseCompressionLevel { get; set; }

    /// <summary>The compressions that are known. <c>AddGrpc</c> adds gzip and deflate.</summary>
    public IList<ICompressionProvider> CompressionProviders { get; set; } = [];

    /// <summary>
    /// Whether calls of services and methods that do not exist are left to other endpoints instead of being answered
    /// with UNIMPLEMENTED. The default is false.
    /// </summary>
    public bool? IgnoreUnknownServices { get; set; }

    /// <summary>The interceptors of calls; the first one sees a call first.</summary>
    public InterceptorCollection Interceptors { get; } = [];
}
