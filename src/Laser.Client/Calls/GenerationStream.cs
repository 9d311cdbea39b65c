using Grpc.Core;
using Laser.Serve.V1;
using Microsoft.Extensions.Logging;

namespace Laser.Client.Calls;

/// <summary>
/// The messages of one Generate call, whatever number of attempts they come from: those of one attempt, unless the
/// options ask for more and the request is sure to give the same tokens again.
/// </summary>
internal sealed class GenerationStream : IDisposable
{
    private readonly CallScope _call;
    private readonly CallRunner _runner;
    private readonly GenerateRequest _request;
    private readonly Metadata? _headers;
    private readonly ILogger _logger;
    private readonly DeliveredOutput? _delivered;
    private MessageStream<GenerateResponse>? _stream;
    private int _resumesLeft;
    private bool _hasFirst;

    public GenerationStream(
        CallScope call,
        CallRunner runner,
        GenerateRequest request,
        Metadata? headers,
        LaserResilienceOptions resilience,
        ILogger logger)
    {
        _call = call;
        _runner = runner;
        _request = request;
        _headers = headers;
        _logger = logger;
        if (resilience.RetryAfterFirstToken && IsRepeatable(request.Sampling))
        {
            _delivered = new DeliveredOutput();
            _resumesLeft = resilience.MaxRetries;
        }
    }

    /// <summary>The next message, or null behind the last one.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled it.</exception>
    public async ValueTask<GenerateResponse?> ReadAsync()
    {
        try
        {
            GenerateResponse? message = await ReadNewAsync().ConfigureAwait(false);
            Record(message);
            return message;
        }
        catch (Exception e)
        {
            Exception seen = _call.Explain(e) ?? e;
            _call.Record.Failed(seen);
            if (seen != e)
            {
                throw seen;
            }

            throw;
        }
    }

    /// <summary>Cancels the call where it has not ended.</summary>
    public void Dispose()
    {
        _call.Record.Abandoned();
        _stream?.Dispose();
    }

    private static bool IsRepeatable(SamplingParams? sampling) =>
        sampling is { HasSeed: true } or { HasTemperature: true, Temperature: 0 };

    private async ValueTask<GenerateResponse?> ReadNewAsync()
    {
        while (true)
        {
            _stream ??= await _runner.OpenAsync(
                _call,
                _headers,
                (invoker, options) => new Generation.GenerationClient(invoker).Generate(_request, options))
                .ConfigureAwait(false);
            GenerateResponse? message;
            try
            {
                message = await _stream.ReadAsync().ConfigureAwait(false);
            }
            catch (RpcException e)
            {
                _runner.ReportFailure(_stream.Server, e);
                if (!TryRewind(e))
                {
                    throw;
                }

                continue;
            }

            GenerateResponse? fresh = message is null ? null : _delivered is null ? message : _delivered.Take(message);
            if (message is null || fresh is not null)
            {
                return fresh;
            }
        }
    }

    private bool TryRewind(RpcException error)
    {
        // ABORTED: a server that shuts down ended the stream at its drain limit.
        bool serverGone = error.StatusCode is StatusCode.Unavailable or StatusCode.Aborted;
        if (_delivered is null || !serverGone || _resumesLeft-- <= 0)
        {
            return false;
        }

        ClientLog.StreamResumed(_logger, _delivered.TokenCount, error.Status.Detail);
        _call.AttemptFailed(error);
        _delivered.Rewind();
        _stream!.Dispose();
        _stream = null;
        return true;
    }

    private void Record(GenerateResponse? message)
    {
        if (message is null)
        {
            _call.Record.Succeeded(_stream!.GetTrailers());
            return;
        }

        if (!_hasFirst)
        {
            _hasFirst = true;
            _call.Record.FirstTokenReceived();
        }

        if (message.Finish is { } finish)
        {
            _call.Record.Finished(finish);
        }
    }
}
