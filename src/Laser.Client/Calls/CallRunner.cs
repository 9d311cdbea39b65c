using Grpc.Core;
using Laser.Client.Balancing;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;

namespace Laser.Client.Calls;

/// <summary>
/// Runs calls: the pipeline repeats an attempt, an attempt asks one server through its circuit breaker and learns from
/// how that ends.
/// </summary>
internal sealed class CallRunner(
    EndpointPool pool, ResiliencePipeline pipeline, string? apiKey, TimeProvider time, ILogger logger)
{
    /// <summary>Makes a call with one answer.</summary>
    /// <param name="call">The call.</param>
    /// <param name="headers">Metadata of the user.</param>
    /// <param name="start">Starts an attempt.</param>
    /// <typeparam name="T">The answer.</typeparam>
    /// <returns>The answer and what came behind it.</returns>
    public Task<(T Answer, Metadata Trailers)> AskAsync<T>(
        CallScope call, Metadata? headers, Func<CallInvoker, CallOptions, AsyncUnaryCall<T>> start) =>
        RunAsync(call, async (server, token) =>
        {
            using var limit = new AttemptLimit(call.Limits.FirstToken, time, call.Token, token);
            using AsyncUnaryCall<T> rpc = start(server.Invoker, OptionsOf(call, headers, limit.Token));
            try
            {
                return (await rpc.ResponseAsync.ConfigureAwait(false), rpc.GetTrailers());
            }
            catch (Exception e) when (limit.Explain(e) is { } explained)
            {
                throw explained;
            }
        });

    /// <summary>Opens a stream, up to its first message.</summary>
    /// <param name="call">The call.</param>
    /// <param name="headers">Metadata of the user.</param>
    /// <param name="start">Starts an attempt.</param>
    /// <typeparam name="T">The message.</typeparam>
    public Task<MessageStream<T>> OpenAsync<T>(
        CallScope call, Metadata? headers, Func<CallInvoker, CallOptions, AsyncServerStreamingCall<T>> start)
        where T : class =>
        RunAsync(call, (server, token) =>
        {
            var limit = new AttemptLimit(call.Limits.FirstToken, time, call.Token, token);
            return MessageStream<T>.OpenAsync(
                () => start(server.Invoker, OptionsOf(call, headers, limit.Token)), limit, server);
        });

    /// <summary>Learns from a stream that broke.</summary>
    public void ReportFailure(ServerEndpoint server, RpcException error) =>
        pool.ReportFailure(server, error, error.GetErrorDetails().RetryDelay);

    private async Task<T> RunAsync<T>(CallScope call, Func<ServerEndpoint, CancellationToken, ValueTask<T>> attempt)
    {
        ResilienceContext context = ResilienceContextPool.Shared.Get(call.Rpc.FullName, call.Token);
        call.AttachTo(context);
        try
        {
            return await pipeline.ExecuteAsync(
                static (context, state) => state.Runner.AttemptAsync(state.Call, state.Attempt, context.CancellationToken),
                context,
                (Runner: this, Call: call, Attempt: attempt)).ConfigureAwait(false);
        }
        catch (Exception e) when (call.Explain(e) is { } explained)
        {
            throw explained;
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private async ValueTask<T> AttemptAsync<T>(
        CallScope call, Func<ServerEndpoint, CancellationToken, ValueTask<T>> attempt, CancellationToken token)
    {
        LogRetry(call);
        call.StartAttempt();
        try
        {
            BrokenCircuitException? broken = null;
            ServerEndpoint[] order = await pool.OrderAsync(call.Asked, token).ConfigureAwait(false);
            foreach (ServerEndpoint server in order.Where(server => server.TryEnter()))
            {
                try
                {
                    return await AskAsync(call, server, attempt, token).ConfigureAwait(false);
                }
                catch (BrokenCircuitException e)
                {
                    broken = e;
                }
                finally
                {
                    server.Leave();
                }
            }

            throw new RpcException(new Status(
                StatusCode.Unavailable, "No server can be asked now.", broken));
        }
        catch (RpcException e)
        {
            call.AttemptFailed(e);
            throw;
        }
    }

    private async ValueTask<T> AskAsync<T>(
        CallScope call,
        ServerEndpoint server,
        Func<ServerEndpoint, CancellationToken, ValueTask<T>> attempt,
        CancellationToken token)
    {
        try
        {
            return await server.Breaker.ExecuteAsync(
                static (state, token) =>
                {
                    state.call.AttemptAt(state.server);
                    return state.attempt(state.server, token);
                },
                (call, server, attempt),
                token).ConfigureAwait(false);
        }
        catch (RpcException e)
        {
            ReportFailure(server, e);
            throw;
        }
    }

    private CallOptions OptionsOf(CallScope call, Metadata? headers, CancellationToken token)
    {
        var all = new Metadata();
        foreach (Metadata.Entry entry in headers ?? [])
        {
            all.Add(entry);
        }

        if (apiKey is not null)
        {
            all.Add("authorization", $"Bearer {apiKey}");
        }

        call.Record.AddTraceContext(all);
        return new CallOptions(all, call.Deadline, token);
    }

    private void LogRetry(CallScope call)
    {
        if (call.AttemptCount > 0 && call.LastError is { } cause)
        {
            ClientLog.Retry(logger, call.Rpc.FullName, call.AttemptCount, cause.StatusCode, cause.Status.Detail);
        }
    }
}
