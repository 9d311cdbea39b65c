using Grpc.Core;
using Laser.Serve.Engine;
using Laser.Serve.Errors;

namespace Laser.Serve.Tests.Errors;

public class EngineErrorsTests
{
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
