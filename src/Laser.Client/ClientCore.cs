using System.Runtime.CompilerServices;
using Grpc.Core;
using Laser.Client.Balancing;
using Laser.Client.Calls;
using Laser.Client.Resilience;
using Laser.Client.Telemetry;
using Laser.Serve.V1;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Polly;

namespace Laser.Client;

/// <summary>What a client is made of, and what is common to all its calls.</summary>
internal sealed class ClientCore : IDisposable
{
    private readonly CallLimits _limits;
    private readonly LaserResilienceOptions _resilience;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly EndpointPool _pool;
    private readonly ClientMetrics _metrics;
    private readonly CallRunner _runner;

    private ClientCore(LaserClientOptions options, AddressResolver resolver, Func<double> draw)
    {
        _limits = new CallLimits(options.FirstTokenTimeout, options.TotalTimeout);
        _resilience = options.Resilience;
        _time = options.TimeProvider;
        _logger = (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger<LaserClient>();
        var channels = new ChannelFactory(options);
        _pool = new EndpointPool(
            new AddressBook(options, resolver, _logger),
            address => new ServerEndpoint(
                address, channels.Create(address), ServerBreaker.Create(address, _resilience, _time, _logger), _time),
            _resilience.SkipDuration,
            _logger);
        ResiliencePipeline pipeline = options.Pipeline
            ?? RetryPipeline.Create(_resilience, new RetryPlan(_pool, new Backoff(_resilience, draw)), _time);
        _metrics = new ClientMetrics(options.MeterFactory);
        _runner = new CallRunner(_pool, pipeline, options.ApiKey, _time, _logger);
    }

    /// <exception cref="ArgumentException">An option is wrong; the message names it.</exception>
    public static ClientCore Create(LaserClientOptions options) =>
        Create(options, System.Net.Dns.GetHostAddressesAsync, Random.Shared.NextDouble);

    /// <inheritdoc cref="Create(LaserClientOptions)"/>
    /// <param name="options">The options.</param>
    /// <param name="resolver">Looks up names.</param>
    /// <param name="draw">Draws from 0 to 1.</param>
    public static ClientCore Create(LaserClientOptions options, AddressResolver resolver, Func<double> draw)
    {
        ArgumentNullException.ThrowIfNull(options);
        ValidateOptionsResult result = new LaserClientOptionsValidator().Validate(null, options);
        return result.Failed
            ? throw new ArgumentException(string.Join(' ', result.Failures), nameof(options))
            : new ClientCore(options, resolver, draw);
    }

    public async IAsyncEnumerable<GenerateResponse> StreamAsync(
        GenerateRequest request, LaserCallOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using CallScope call = Begin(Rpc.Generate, request.Model, LimitsOf(options), cancellationToken);
        using var stream = new GenerationStream(call, _runner, request, options.Headers, _resilience, _logger);
        while (await stream.ReadAsync().ConfigureAwait(false) is { } message)
        {
            yield return message;
        }
    }

    public Task<GenerateOnceResponse> GenerateOnceAsync(
        GenerateRequest request, LaserCallOptions options, CancellationToken cancellationToken) => AskAsync(
            Rpc.GenerateOnce,
            request.Model,
            LimitsOf(options) with { FirstToken = null },
            options.Headers,
            (invoker, call) => new Generation.GenerationClient(invoker).GenerateOnceAsync(request, call),
            static (record, answer) => record.Finished(answer.Sequences.Select(sequence => sequence.Finish)),
            cancellationToken);

    /// <summary>Makes a call with one answer, other than GenerateOnce.</summary>
    public Task<T> AskAsync<T>(
        Rpc rpc,
        string model,
        Func<CallInvoker, CallOptions, AsyncUnaryCall<T>> start,
        CancellationToken cancellationToken) =>
        AskAsync(rpc, model, _limits, null, start, static (_, _) => { }, cancellationToken);

    public void Dispose()
    {
        _pool.Dispose();
        _metrics.Dispose();
    }

    // The span begins in here: in a method that is not async it would stay the current one of the caller.
    private async Task<T> AskAsync<T>(
        Rpc rpc,
        string model,
        CallLimits limits,
        Metadata? headers,
        Func<CallInvoker, CallOptions, AsyncUnaryCall<T>> start,
        Action<CallRecord, T> onAnswer,
        CancellationToken cancellationToken)
    {
        using CallScope call = Begin(rpc, model, limits, cancellationToken);
        try
        {
            (T answer, Metadata trailers) = await _runner.AskAsync(call, headers, start).ConfigureAwait(false);
            onAnswer(call.Record, answer);
            call.Record.Succeeded(trailers);
            return answer;
        }
        catch (Exception e)
        {
            call.Record.Failed(e);
            throw;
        }
    }

    private CallLimits LimitsOf(LaserCallOptions options) =>
        new(options.FirstTokenTimeout ?? _limits.FirstToken, options.TotalTimeout ?? _limits.Total);

    private CallScope Begin(Rpc rpc, string model, CallLimits limits, CancellationToken cancellationToken) =>
        new(rpc, limits, new CallRecord(rpc, model, _metrics, _time), _time, cancellationToken);
}
