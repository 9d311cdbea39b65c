using Google.Protobuf;
using Grpc.Core;
using Laser.Grpc.Tests.Testing;
using Status = Grpc.Core.Status;

namespace Laser.Grpc.Tests.Interop.Cases;

/// <summary>The service of interop.proto, written as for the packages. Its cases call it one after the other.</summary>
public sealed class TestService(CompressionProbe compression) : Testing.TestService.TestServiceBase
{
    public const string EchoedHeader = "x-grpc-test-echo-initial";
    public const string EchoedTrailer = "x-grpc-test-echo-trailing-bin";

    private static readonly WriteOptions Plain = new(WriteFlags.NoCompress);

    public override Task<Empty> EmptyCall(Empty request, ServerCallContext context) => Task.FromResult(new Empty());

    public override async Task<SimpleResponse> UnaryCall(SimpleRequest request, ServerCallContext context)
    {
        Check(request.ExpectCompressed);
        await SendHeadersAsync(context, request.ResponseCompressed?.Value ?? false);
        ThrowAsAsked(request.ResponseStatus);
        return new SimpleResponse { Payload = PayloadOf(request.ResponseSize) };
    }

    public override async Task StreamingOutputCall(
        StreamingOutputCallRequest request,
        IServerStreamWriter<StreamingOutputCallResponse> responseStream,
        ServerCallContext context)
    {
        await SendHeadersAsync(context, request.ResponseParameters.Any(response => response.Compressed?.Value == true));
        await AnswerAsync(request, responseStream, context);
    }

    public override async Task<StreamingInputCallResponse> StreamingInputCall(
        IAsyncStreamReader<StreamingInputCallRequest> requestStream, ServerCallContext context)
    {
        int size = 0;
        compression.TakeUnpacked();
        await foreach (StreamingInputCallRequest request in requestStream.ReadAllAsync())
        {
            Check(request.ExpectCompressed);
            size += request.Payload.Body.Length;
        }

        return new StreamingInputCallResponse { AggregatedPayloadSize = size };
    }

    public override async Task FullDuplexCall(
        IAsyncStreamReader<StreamingOutputCallRequest> requestStream,
        IServerStreamWriter<StreamingOutputCallResponse> responseStream,
        ServerCallContext context)
    {
        await SendHeadersAsync(context, isCompressed: false);
        await foreach (StreamingOutputCallRequest request in requestStream.ReadAllAsync())
        {
            await AnswerAsync(request, responseStream, context);
        }
    }

    private static async Task SendHeadersAsync(ServerCallContext context, bool isCompressed)
    {
        var headers = new Metadata();
        if (context.RequestHeaders.Get(EchoedHeader) is { } initial)
        {
            headers.Add(initial);
        }

        if (context.RequestHeaders.Get(EchoedTrailer) is { } trailing)
        {
            context.ResponseTrailers.Add(trailing);
        }

        if (isCompressed)
        {
            headers.Add("grpc-internal-encoding-request", "gzip");
        }

        if (headers.Count > 0)
        {
            await context.WriteResponseHeadersAsync(headers);
        }
    }

    private static async Task AnswerAsync(
        StreamingOutputCallRequest request,
        IServerStreamWriter<StreamingOutputCallResponse> responses,
        ServerCallContext context)
    {
        ThrowAsAsked(request.ResponseStatus);
        foreach (ResponseParameters response in request.ResponseParameters)
        {
            await Task.Delay(TimeSpan.FromMicroseconds(response.IntervalUs), context.CancellationToken);
            responses.WriteOptions = response.Compressed?.Value == true ? WriteOptions.Default : Plain;
            await responses.WriteAsync(new StreamingOutputCallResponse { Payload = PayloadOf(response.Size) });
        }
    }

    private static void ThrowAsAsked(EchoStatus? status)
    {
        if (status is { Code: not 0 })
        {
            throw new RpcException(new Status((StatusCode)status.Code, status.Message));
        }
    }

    private static Payload PayloadOf(int size) => new() { Body = UnsafeByteOperations.UnsafeWrap(new byte[size]) };

    private void Check(BoolValue? expected)
    {
        bool isCompressed = compression.TakeUnpacked() > 0;
        if (expected is not null && expected.Value != isCompressed)
        {
            throw new RpcException(
                new Status(StatusCode.InvalidArgument, isCompressed ? "compressed" : "not compressed"));
        }
    }
}
