using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Laser.Serve.V1;
using Status = Grpc.Core.Status;

namespace Laser.Client.Tests.Fakes;

/// <summary>One answer of the fake server: writes messages, or throws.</summary>
internal delegate Task Answer(Func<GenerateResponse, Task> write, ServerCallContext context);

/// <summary>Answers for the fake server.</summary>
internal static class Script
{
    public static Answer Fail(StatusCode status, TimeSpan? retryAfter = null) => (_, _) => throw Error(status, retryAfter);

    /// <summary>A message per token, "t0 t1 ...", the last with a finish.</summary>
    public static Answer Tokens(int count) => async (write, _) =>
    {
        for (uint i = 0; i < count; i++)
        {
            await write(Token(i, isLast: i == count - 1));
        }
    };

    /// <summary>So many tokens, then an error.</summary>
    public static Answer TokensThenFail(int count, StatusCode status) => async (write, _) =>
    {
        for (uint i = 0; i < count; i++)
        {
            await write(Token(i, isLast: false));
        }

        throw Error(status, null);
    };

    /// <summary>Neither answers nor ends before the call does.</summary>
    public static Answer Hang(TaskCompletionSource? started = null, TaskCompletionSource? cancelled = null) =>
        async (_, context) =>
        {
            started?.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.CancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancelled?.TrySetResult();
        };

    public static GenerateResponse Token(uint id, bool isLast)
    {
        var message = new GenerateResponse { Text = $"t{id} ", TokenIds = { id } };
        if (isLast)
        {
            message.Finish = new Finish
            {
                Reason = FinishReason.Length,
                Usage = new Usage { PromptTokens = 7, GeneratedTokens = id + 1 },
            };
        }

        return message;
    }

    /// <summary>An error as Laser.Serve makes them.</summary>
    public static RpcException Error(StatusCode code, TimeSpan? retryAfter, params IMessage[] details)
    {
        var status = new Google.Rpc.Status { Code = (int)code, Message = "scripted" };
        status.Details.Add(Any.Pack(new ErrorInfo { Domain = "laser.serve", Reason = "SCRIPTED" }));
        status.Details.AddRange(details.Select(Any.Pack));
        if (retryAfter is { } delay)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) }));
        }

        var trailers = new Metadata
        {
            { "grpc-status-details-bin", status.ToByteArray() },
            { "x-request-id", "request-7" },
        };
        return new RpcException(new Status(code, "scripted"), trailers);
    }
}
