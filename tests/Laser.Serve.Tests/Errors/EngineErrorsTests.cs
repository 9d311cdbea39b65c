using Grpc.Core;
using Laser.Serve.Engine;
using Laser.Serve.Errors;

namespace Laser.Serve.Tests.Errors;

public class EngineErrorsTests
{
    // Not UNAVAILABLE: a client that has read half an answer must not take it up again on its own.
    [Fact]
    public void ToRpcException_Aborted_IsAbortedWithItsReasonAndNoTimeToRetry()
    {
        RpcException exception = EngineErrors.ToRpcException(new EngineException(EngineError.Aborted, "Stopped."));

        Assert.Equal(StatusCode.Aborted, exception.StatusCode);
        byte[] details = exception.Trailers.GetValueBytes("grpc-status-details-bin")!;
        Google.Rpc.Status status = Google.Rpc.Status.Parser.ParseFrom(details);
        Assert.Equal("ABORTED", Assert.Single(status.Details).Unpack<Google.Rpc.ErrorInfo>().Reason);
    }

    [Fact]
    public void ToRpcException_DeviceLost_IsUnavailableWithATimeToRetry()
    {
        RpcException exception = EngineErrors.ToRpcException(new EngineException(EngineError.DeviceLost, "It is gone."));

        Assert.Equal(StatusCode.Unavailable, exception.StatusCode);
        byte[] details = exception.Trailers.GetValueBytes("grpc-status-details-bin")!;
        Google.Rpc.Status status = Google.Rpc.Status.Parser.ParseFrom(details);
        Assert.Equal("DEVICE_LOST", status.Details[0].Unpack<Google.Rpc.ErrorInfo>().Reason);
        Assert.True(status.Details[1].Unpack<Google.Rpc.RetryInfo>().RetryDelay.ToTimeSpan() > TimeSpan.Zero);
    }

    [Fact]
    public void ToRpcException_NothingAllowed_IsAnInvalidArgumentWithItsReason()
    {
        RpcException exception =
            EngineErrors.ToRpcException(new EngineException(EngineError.NothingAllowed, "No token may come next."));

        Assert.Equal(StatusCode.InvalidArgument, exception.StatusCode);
        Assert.Equal("No token may come next.", exception.Status.Detail);
        byte[] details = exception.Trailers.GetValueBytes("grpc-status-details-bin")!;
        Google.Rpc.Status status = Google.Rpc.Status.Parser.ParseFrom(details);
        Assert.Equal("NOTHING_ALLOWED", status.Details[0].Unpack<Google.Rpc.ErrorInfo>().Reason);
    }
}
