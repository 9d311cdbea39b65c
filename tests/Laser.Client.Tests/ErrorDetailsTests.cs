using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Laser.Client.Tests.Fakes;
using Status = Grpc.Core.Status;

namespace Laser.Client.Tests;

public sealed class ErrorDetailsTests
{
    private const string Key = "grpc-status-details-bin";

    [Fact]
    public async Task GetErrorDetails_OverTheWire_TellsFieldReasonAndRequest()
    {
        var violation = new BadRequest.Types.FieldViolation { Field = "sampling.top_p", Description = "is 2" };
        await using FakeServer server = await FakeServer.StartAsync();
        server.Then((_, _) => throw Script.Error(
            StatusCode.InvalidArgument, null, new BadRequest { FieldViolations = { violation } }));
        using LaserClient client = TestClients.Create(server);

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => client.GenerateOnceAsync("Once"));

        LaserErrorDetails details = e.GetErrorDetails();
        Assert.Equal(violation, Assert.Single(details.FieldViolations));
        Assert.Equal(("laser.serve", "SCRIPTED", "request-7"), (details.Domain, details.Reason, details.RequestId));
        Assert.Null(details.RetryDelay);
        Assert.Equal(2, details.Status?.Details.Count);
    }

    [Fact]
    public void GetErrorDetails_RetryInfo_IsATimeSpan() => Assert.Equal(
        TimeSpan.FromSeconds(2.5),
        Script.Error(StatusCode.Unavailable, TimeSpan.FromSeconds(2.5)).GetErrorDetails().RetryDelay);

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(1, -1)]
    [InlineData(long.MaxValue, 0)]
    public void GetErrorDetails_ImpossibleRetryInfo_IsNone(long seconds, int nanos)
    {
        var delay = new Duration { Seconds = seconds, Nanos = nanos };
        RpcException e = Script.Error(StatusCode.Unavailable, null, new RetryInfo { RetryDelay = delay });

        Assert.Null(e.GetErrorDetails().RetryDelay);
    }

    [Fact]
    public void GetErrorDetails_NothingSent_IsEmpty()
    {
        LaserErrorDetails details = new RpcException(new Status(StatusCode.Unavailable, "gone")).GetErrorDetails();

        Assert.Empty(details.FieldViolations);
        Assert.Null(details.Status);
        Assert.Null(details.Reason);
        Assert.Null(details.RequestId);
    }

    [Fact]
    public void GetErrorDetails_Garbage_IsEmpty()
    {
        var trailers = new Metadata { { Key, [0xff, 0xff, 0xff] } };
        var e = new RpcException(new Status(StatusCode.Internal, "?"), trailers);

        Assert.Null(e.GetErrorDetails().Status);
    }

    [Fact]
    public void GetErrorDetails_DetailsThatCannotBeRead_AreNone()
    {
        var status = new Google.Rpc.Status();
        Any info = Any.Pack(new ErrorInfo { Reason = "X" });
        info.Value = ByteString.CopyFrom(0xff, 0xff);
        status.Details.Add(info);
        var e = new RpcException(
            new Status(StatusCode.Internal, "?"), new Metadata { { Key, status.ToByteArray() } });

        Assert.Null(e.GetErrorDetails().Reason);
        Assert.NotNull(e.GetErrorDetails().Status);
    }
}
