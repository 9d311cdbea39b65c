using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Laser.Serve.Errors;
using Laser.Serve.V1;

namespace Laser.Serve.Benchmarks.Soak;

/// <summary>A call of the native service, by a client that behaves as planned; checks that the answer is complete.</summary>
internal sealed class NativeCall(
    GrpcChannel shared, Uri address, SoakPlan plan, Func<int, string, string?> compare)
{
    private readonly AnswerCheck _answer = new(plan);

    /// <summary>Runs to its end. The answer says how it ended, and what is wrong with that.</summary>
    public async Task<(string End, string? Violation)> RunAsync(CancellationToken limit)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(limit);
        if (plan.Departure == Departure.Cancels)
        {
            leaving.CancelAfter(plan.LeavesAfter);
        }

        try
        {
            if (plan.Departure is Departure.ClosesItsSocket or Departure.ResetsItsSocket)
            {
                await ReadOverOwnSocketAsync(leaving.Token);
            }
            else
            {
                await ReadAsync(shared, leaving.Token);
            }

            string? difference = plan.Known is int known ? compare(known, _answer.Text) : null;
            return ("OK", _answer.WhatIsMissing() ?? difference);
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested && !limit.IsCancellationRequested)
        {
            return ("Cancelled", null); // between two messages
        }
        catch (RpcException e)
        {
            limit.ThrowIfCancellationRequested();
            string reason = ReasonOf(e);
            return ($"{e.StatusCode} {reason}".Trim(), IsExpected(e.StatusCode, reason) ? null : e.Status.Detail);
        }
    }

    /// <summary>Reason of an error, as its details give it; empty without.</summary>
    public static string ReasonOf(RpcException e) =>
        RpcErrors.Details(e)?.Details is [var first, ..] && first.TryUnpack(out Google.Rpc.ErrorInfo info) ? info.Reason : "";

    /// <summary>Whether a refusal is one that an overloaded server may give to anybody.</summary>
    public static bool IsOverload(StatusCode code, string reason) =>
        code == StatusCode.ResourceExhausted && reason is "QUEUE_FULL" or "RAW_PAGES_EXHAUSTED";

    private bool IsExpected(StatusCode code, string reason) => IsOverload(code, reason) || plan switch
    {
        { IsInvalid: true } => code == StatusCode.InvalidArgument,
        { Departure: Departure.Cancels } => code == StatusCode.Cancelled,
        { Departure: Departure.PassesItsDeadline } => code == StatusCode.DeadlineExceeded,
        { Departure: Departure.ClosesItsSocket or Departure.ResetsItsSocket } =>
            code is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Cancelled,
        _ => false,
    };

    private async Task ReadAsync(GrpcChannel channel, CancellationToken cancellationToken)
    {
        DateTime? deadline = plan.Departure == Departure.PassesItsDeadline ? DateTime.UtcNow + plan.LeavesAfter : null;
        var client = new Generation.GenerationClient(channel);
        if (plan.Known is not null)
        {
            _answer.Add(await client.GenerateOnceAsync(plan.Request, deadline: deadline, cancellationToken: cancellationToken));
            return;
        }

        using AsyncServerStreamingCall<GenerateResponse> call =
            client.Generate(plan.Request, deadline: deadline, cancellationToken: cancellationToken);
        int messages = 0;
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            _answer.Add(call.ResponseStream.Current);
            if (plan.ReadsSlowly && messages++ < 40)
            {
                await Task.Delay(messages == 1 ? 2000 : 30, cancellationToken);
            }
        }
    }

    private async Task ReadOverOwnSocketAsync(CancellationToken cancellationToken)
    {
        Socket? socket = null;
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, token) =>
            {
                socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(context.DnsEndPoint, token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using GrpcChannel channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = handler });
        Task reading = ReadAsync(channel, cancellationToken);
        await Task.WhenAny(reading, Task.Delay(plan.LeavesAfter, cancellationToken));
        if (!reading.IsCompleted && socket is { } open)
        {
            if (plan.Departure == Departure.ResetsItsSocket)
            {
                open.LingerState = new LingerOption(true, 0);
            }

            open.Close();
        }

        await reading;
    }
}
