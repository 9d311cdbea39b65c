using System.Runtime.ExceptionServices;
using Grpc.Core;
using Laser.Serve.Protocol.OpenInference;

namespace Laser.Serve.Compatibility.OpenInference;

/// <summary>
/// One call of <c>ModelStreamInfer</c>: its requests run side by side and share the stream of answers.
/// </summary>
internal sealed class InferStream(
    InferGeneration generation, IServerStreamWriter<ModelStreamInferResponse> responses, ServerCallContext context)
    : IDisposable
{
    // Answers to more are not begun before others are done: a client that sends without reading must not fill memory.
    private const int MaxConcurrentRequests = 256;

    // Triton: a client that sends this wants an error as the status of the call, not as a message.
    private const string StatusErrorsHeader = "triton_grpc_error";

    private readonly CancellationTokenSource _cancellation =
        CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);

    private readonly SemaphoreSlim _places = new(MaxConcurrentRequests);
    private readonly SemaphoreSlim _writing = new(1);
    private readonly bool _endsWithError = context.RequestHeaders.GetValue(StatusErrorsHeader) == "true";
    private Exception? _failure;

    /// <summary>Answers all requests; done when the client has closed its side and the last answer is out.</summary>
    public async Task RunAsync(IAsyncStreamReader<ModelInferRequest> requests)
    {
        try
        {
            while (await requests.MoveNext(_cancellation.Token))
            {
                await _places.WaitAsync(_cancellation.Token);
                _ = AnswerAsync(requests.Current);
            }
        }
        catch (OperationCanceledException) when (_failure is not null)
        {
            // What cancelled it is thrown below.
        }
        catch
        {
            await _cancellation.CancelAsync();
            throw;
        }
        finally
        {
            await WhenAllAnsweredAsync();
        }

        if (_failure is not null)
        {
            ExceptionDispatchInfo.Throw(_failure);
        }
    }

    public void Dispose()
    {
        _cancellation.Dispose();
        _places.Dispose();
        _writing.Dispose();
    }

    // Never throws: a failure of one answer is that request's, or ends the call through Fail.
    private async Task AnswerAsync(ModelInferRequest request)
    {
        try
        {
            await foreach (ModelInferResponse response in generation.StreamAsync(request, _cancellation.Token))
            {
                await WriteAsync(new ModelStreamInferResponse { InferResponse = response });
            }
        }
        catch (RpcException e) when (!_endsWithError)
        {
            await TryWriteErrorAsync(request, e.Status.Detail);
        }
        catch (Exception e)
        {
            Fail(e);
        }
        finally
        {
            _places.Release();
        }
    }

    private async Task TryWriteErrorAsync(ModelInferRequest request, string message)
    {
        try
        {
            await WriteAsync(new ModelStreamInferResponse
            {
                ErrorMessage = message,
                InferResponse = new ModelInferResponse { Id = request.Id, ModelName = request.ModelName },
            });
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private async Task WriteAsync(ModelStreamInferResponse response)
    {
        await _writing.WaitAsync(_cancellation.Token);
        try
        {
            await responses.WriteAsync(response, _cancellation.Token);
        }
        finally
        {
            _writing.Release();
        }
    }

    // The first failure ends the call; what others say after that is its echo.
    private void Fail(Exception failure)
    {
        if (Interlocked.CompareExchange(ref _failure, failure, null) is null)
        {
            _cancellation.Cancel();
        }
    }

    private async Task WhenAllAnsweredAsync()
    {
        for (int i = 0; i < MaxConcurrentRequests; i++)
        {
            await _places.WaitAsync(CancellationToken.None);
        }
    }
}
