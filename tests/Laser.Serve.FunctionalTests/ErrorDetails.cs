using Grpc.Core;

namespace Laser.Serve.FunctionalTests;

/// <summary>Reads the <c>google.rpc</c> details of an error, as any client does.</summary>
internal static class ErrorDetails
{
    public static T? Detail<T>(this RpcException e)
        where T : class, Google.Protobuf.IMessage<T>, new()
    {
        byte[]? bytes = e.Trailers.GetValueBytes("grpc-status-details-bin");
        Assert.NotNull(bytes);
        var status = Google.Rpc.Status.Parser.ParseFrom(bytes);
        Assert.Equal((int)e.StatusCode, status.Code);
        Assert.Equal(e.Status.Detail, status.Message);
        return status.Details.Where(any => any.Is(new T().Descriptor)).Select(any => any.Unpack<T>()).FirstOrDefault();
    }

    public static string? Reason(this RpcException e) => e.Detail<Google.Rpc.ErrorInfo>()?.Reason;

    public static string? Field(this RpcException e) =>
        e.Detail<Google.Rpc.BadRequest>()?.FieldViolations.Single().Field;

    public static TimeSpan? RetryAfter(this RpcException e) =>
        e.Detail<Google.Rpc.RetryInfo>()?.RetryDelay.ToTimeSpan();
}
