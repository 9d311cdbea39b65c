using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Net.Client;
using Laser.Serve.V1;

namespace Laser.Client;

/// <summary>Client of a Laser.Serve server. Thread-safe; keep one per server.</summary>
public sealed class LaserClient : IDisposable
{
    private readonly GrpcChannel _channel;
    private readonly Generation.GenerationClient _generation;
    private readonly Models.ModelsClient _models;

    /// <summary>Connects on the first call.</summary>
    /// <param name="address">Such as <c>http://127.0.0.1:50051</c>.</param>
    public LaserClient(Uri address)
    {
        _channel = GrpcChannel.ForAddress(address);
        _generation = new Generation.GenerationClient(_channel);
        _models = new Models.ModelsClient(_channel);
    }

    /// <summary>
    /// Streams a continuation of the prompt; the last response has <see cref="GenerateResponse.Finish"/> set.
    /// </summary>
    /// <exception cref="RpcException">The server refused or failed; its status says why.</exception>
    public async IAsyncEnumerable<GenerateResponse> GenerateAsync(
        GenerateRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using AsyncServerStreamingCall<GenerateResponse> call =
            _generation.Generate(request, cancellationToken: cancellationToken);
        while (await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
        {
            yield return call.ResponseStream.Current;
        }
    }

    /// <summary>A continuation of the prompt in one piece.</summary>
    /// <exception cref="RpcException">The server refused or failed; its status says why.</exception>
    public async Task<GenerateOnceResponse> GenerateOnceAsync(
        GenerateRequest request, CancellationToken cancellationToken = default) =>
        await _generation.GenerateOnceAsync(request, cancellationToken: cancellationToken).ConfigureAwait(false);

    /// <summary>Describes what is served.</summary>
    /// <param name="name">Name of the model; empty takes the one there is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RpcException">UNAVAILABLE while it loads, NOT_FOUND for a name that is not served.</exception>
    public async Task<Model> GetModelAsync(string name = "", CancellationToken cancellationToken = default) =>
        await _models.GetModelAsync(new GetModelRequest { Name = name }, cancellationToken: cancellationToken)
            .ConfigureAwait(false);

    /// <summary>Closes the connection.</summary>
    public void Dispose() => _channel.Dispose();
}
