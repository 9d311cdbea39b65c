using Google.Protobuf;
using Grpc.Core;
using Laser.Grpc.Tests.V1;

namespace Laser.Grpc.Tests.Hosting;

/// <summary>The service of echo.proto. It is written as for the packages: nothing in it knows Laser.Grpc.</summary>
public sealed class EchoService(CallProbes probes) : Echo.EchoBase
{
    public override Task<EchoMessage> Unary(EchoMessage request, ServerCallContext context) => Task.FromResult(request);

    public override async Task ServerStream(
        EchoMessage request, IServerStreamWriter<EchoMessage> responseStream, ServerCallContext context)
    {
        for (int i = 0; i < request.Count; i++)
        {
            await responseStream.WriteAsync(request, context.CancellationToken);
        }
    }

    public override async Task<EchoMessage> ClientStream(
        IAsyncStreamReader<EchoMessage> requestStream, ServerCallContext context)
    {
        List<string> texts = [];
        uint sum = 0;
        await foreach (EchoMessage message in requestStream.ReadAllAsync(context.CancellationToken))
        {
            texts.Add(message.Text);
            sum += message.Count;
            if (message.Text == "stop")
            {
                throw new RpcException(new Status(StatusCode.ResourceExhausted, "stopped early"));
            }
        }

        return new EchoMessage { Text = string.Join(',', texts), Count = sum };
    }

    public override async Task Duplex(
        IAsyncStreamReader<EchoMessage> requestStream,
        IServerStreamWriter<EchoMessage> responseStream,
        ServerCallContext context)
    {
        while (await requestStream.MoveNext(context.CancellationToken) && requestStream.Current.Text.Length > 0)
        {
            await responseStream.WriteAsync(requestStream.Current);
        }
    }

    public override async Task Fail(
        FailRequest request, IServerStreamWriter<EchoMessage> responseStream, ServerCallContext context)
    {
        for (int i = 0; i < request.Messages; i++)
        {
            await responseStream.WriteAsync(new EchoMessage { Count = (uint)i });
        }

        context.ResponseTrailers.Add("x-from-context", "context");
        var trailers = new Metadata { { "x-from-exception", "exception" } };
        if (!request.Details.IsEmpty)
        {
            trailers.Add("grpc-status-details-bin", request.Details.ToByteArray());
        }

        throw new RpcException(new Status((StatusCode)request.Code, request.Detail), trailers);
    }

    public override async Task<EchoMessage> EchoMetadata(EchoMessage request, ServerCallContext context)
    {
        var headers = new Metadata();
        IEnumerable<Metadata.Entry> ours =
            context.RequestHeaders.Where(entry => entry.Key.StartsWith("x-", StringComparison.Ordinal));
        foreach (Metadata.Entry entry in ours)
        {
            headers.Add(Renamed("h-", entry));
            context.ResponseTrailers.Add(Renamed("t-", entry));
        }

        await context.WriteResponseHeadersAsync(headers);
        return new EchoMessage { Text = $"{context.Method} {context.Host} {context.Peer}" };
    }

    public override async Task Wait(
        WaitRequest request, IServerStreamWriter<EchoMessage> responseStream, ServerCallContext context)
    {
        CallProbe probe = probes[request.Id];
        try
        {
            await context.WriteResponseHeadersAsync([]);
            probe.Started.TrySetResult();
            CancellationToken token = request.IgnoresCancellation ? default : context.CancellationToken;
            while (request.Floods)
            {
                await responseStream.WriteAsync(new EchoMessage { Payload = ByteString.CopyFrom(new byte[100_000]) });
            }

            await probe.Released.Task.WaitAsync(token);
            await responseStream.WriteAsync(new EchoMessage { Text = "late" });
            probe.Finished.TrySetResult(null);
        }
        catch (Exception error)
        {
            probe.Finished.TrySetResult(error);
            throw;
        }
    }

    public override Task<EchoMessage> Throw(EchoMessage request, ServerCallContext context) =>
        throw new InvalidOperationException("secret of the handler");

    private static Metadata.Entry Renamed(string prefix, Metadata.Entry entry) => entry.IsBinary
        ? new Metadata.Entry(prefix + entry.Key, entry.ValueBytes)
        : new Metadata.Entry(prefix + entry.Key, entry.Value);
}
