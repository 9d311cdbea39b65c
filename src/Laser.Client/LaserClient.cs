using Grpc.Core;
using Laser.Client.Calls;
using Laser.Client.Telemetry;
using Laser.Serve.V1;

namespace Laser.Client;

/// <summary>
/// Client of Laser.Serve: one server, or several that serve the same model. Thread-safe; make one and keep it, for it
/// holds the connections. It connects with the first call.
/// </summary>
public sealed class LaserClient : IDisposable, IAsyncDisposable
{
    private readonly ClientCore _core;

    /// <summary>Makes a client of one address, with default options.</summary>
    /// <param name="address">Such as <c>http://127.0.0.1:50051</c> or <c>dns:///laser:50051</c>.</param>
    /// <exception cref="ArgumentException">The address cannot be used.</exception>
    public LaserClient(Uri address)
        : this(new LaserClientOptions { Addresses = [address] })
    {
    }

    /// <summary>Makes a client.</summary>
    /// <param name="options">The options; changes after this have no effect.</param>
    /// <exception cref="ArgumentException">An option is wrong; the message names it.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">
    /// A file of <see cref="LaserClientOptions.Tls"/> does not hold what it should.
    /// </exception>
    public LaserClient(LaserClientOptions options)
        : this(ClientCore.Create(options))
    {
    }

    internal LaserClient(ClientCore core)
    {
        _core = core;
    }

    /// <summary>
    /// Streams a continuation of the prompt. The last message of each sequence has
    /// <see cref="GenerateResponse.Finish"/> set. Leaving the loop, or cancelling, stops the server's work.
    /// </summary>
    /// <param name="request">What to generate.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RpcException">The server refused or failed; <c>GetErrorDetails()</c> tells more.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IAsyncEnumerable<GenerateResponse> GenerateAsync(
        GenerateRequest request, CancellationToken cancellationToken = default) =>
        GenerateAsync(request, new LaserCallOptions(), cancellationToken);

    /// <param name="request">What to generate.</param>
    /// <param name="options">What this call has otherwise than the client's options say.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="GenerateAsync(GenerateRequest, CancellationToken)"/>
    public IAsyncEnumerable<GenerateResponse> GenerateAsync(
        GenerateRequest request, LaserCallOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(options);
        return _core.StreamAsync(request, options, cancellationToken);
    }

    /// <summary>Streams a continuation of the prompt as pieces of text, none of them empty.</summary>
    /// <param name="prompt">Text to continue.</param>
    /// <param name="configure">Sets what else the request says, such as <c>r => r.MaxTokens = 100</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">
    /// The request asks for several sequences, or for no text: use the overload with a request.
    /// </exception>
    /// <inheritdoc cref="GenerateAsync(GenerateRequest, CancellationToken)"/>
    public IAsyncEnumerable<string> GenerateAsync(
        string prompt, Action<GenerateRequest>? configure = null, CancellationToken cancellationToken = default) =>
        GeneratedText.Of(GenerateAsync(GeneratedText.Request(prompt, configure), CancellationToken.None), cancellationToken);

    /// <summary>A continuation of the prompt in one piece, or several where the request says so.</summary>
    /// <inheritdoc cref="GenerateAsync(GenerateRequest, CancellationToken)"/>
    public Task<GenerateOnceResponse> GenerateOnceAsync(
        GenerateRequest request, CancellationToken cancellationToken = default) =>
        GenerateOnceAsync(request, new LaserCallOptions(), cancellationToken);

    /// <summary>A continuation of the prompt in one piece, or several where the request says so.</summary>
    /// <inheritdoc cref="GenerateAsync(GenerateRequest, LaserCallOptions, CancellationToken)"/>
    public Task<GenerateOnceResponse> GenerateOnceAsync(
        GenerateRequest request, LaserCallOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(options);
        return _core.GenerateOnceAsync(request, options, cancellationToken);
    }

    /// <summary>A continuation of the prompt as one text.</summary>
    /// <inheritdoc cref="GenerateAsync(string, Action{GenerateRequest}?, CancellationToken)"/>
    public async Task<string> GenerateOnceAsync(
        string prompt, Action<GenerateRequest>? configure = null, CancellationToken cancellationToken = default)
    {
        GenerateRequest request = GeneratedText.Request(prompt, configure);
        GenerateOnceResponse answer = await GenerateOnceAsync(request, cancellationToken).ConfigureAwait(false);
        return answer.Sequences.Count == 1
            ? answer.Sequences[0].Text
            : throw new RpcException(new Status(
                StatusCode.Internal, $"The server answered with {answer.Sequences.Count} sequences in place of one."));
    }

    /// <summary>Token ids of a text, as the model's tokenizer makes them.</summary>
    /// <param name="text">The text.</param>
    /// <param name="addSpecialTokens">Adds a begin-of-sequence token, as Generate does with a prompt.</param>
    /// <param name="model">Name of the model; empty takes the one there is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RpcException">The server refused or failed; <c>GetErrorDetails()</c> tells more.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<TokenizeResponse> TokenizeAsync(
        string text, bool addSpecialTokens = true, string model = "", CancellationToken cancellationToken = default)
    {
        var request = new TokenizeRequest { Model = model, Text = text, AddSpecialTokens = addSpecialTokens };
        return _core.AskAsync(
            Rpc.Tokenize,
            model,
            (invoker, call) => new Tokenization.TokenizationClient(invoker).TokenizeAsync(request, call),
            cancellationToken);
    }

    /// <summary>Text of token ids.</summary>
    /// <param name="tokenIds">The ids.</param>
    /// <param name="skipSpecialTokens">Leaves special tokens out of the text.</param>
    /// <param name="model">Name of the model; empty takes the one there is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="TokenizeAsync"/>
    public async Task<string> DetokenizeAsync(
        IEnumerable<uint> tokenIds,
        bool skipSpecialTokens = true,
        string model = "",
        CancellationToken cancellationToken = default)
    {
        var request = new DetokenizeRequest { Model = model, SkipSpecialTokens = skipSpecialTokens };
        request.TokenIds.AddRange(tokenIds);
        DetokenizeResponse answer = await _core.AskAsync(
            Rpc.Detokenize,
            model,
            (invoker, call) => new Tokenization.TokenizationClient(invoker).DetokenizeAsync(request, call),
            cancellationToken).ConfigureAwait(false);
        return answer.Text;
    }

    /// <summary>Describes a model.</summary>
    /// <param name="name">Name of the model; empty takes the one there is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RpcException">UNAVAILABLE while it loads, NOT_FOUND for a name that is not served.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<Model> GetModelAsync(string name = "", CancellationToken cancellationToken = default) =>
        _core.AskAsync(
            Rpc.GetModel,
            name,
            (invoker, call) => new Models.ModelsClient(invoker).GetModelAsync(new GetModelRequest { Name = name }, call),
            cancellationToken);

    /// <summary>Describes all models that are served: none while one loads.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="TokenizeAsync"/>
    public async Task<IReadOnlyList<Model>> ListModelsAsync(CancellationToken cancellationToken = default)
    {
        ListModelsResponse answer = await _core.AskAsync(
            Rpc.ListModels,
            "",
            static (invoker, call) => new Models.ModelsClient(invoker).ListModelsAsync(new ListModelsRequest(), call),
            cancellationToken).ConfigureAwait(false);
        return answer.Models;
    }

    /// <summary>What does not change while a server runs. Of several servers, the one whose turn it is answers.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="TokenizeAsync"/>
    public Task<ServerInfo> GetServerInfoAsync(CancellationToken cancellationToken = default) => _core.AskAsync(
        Rpc.GetServerInfo,
        "",
        static (invoker, call) => new Server.ServerClient(invoker).GetServerInfoAsync(new GetServerInfoRequest(), call),
        cancellationToken);

    /// <summary>What goes on in a server now. Of several servers, the one whose turn it is answers.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="TokenizeAsync"/>
    public Task<ServerLoad> GetLoadAsync(CancellationToken cancellationToken = default) => _core.AskAsync(
        Rpc.GetLoad,
        "",
        static (invoker, call) => new Server.ServerClient(invoker).GetLoadAsync(new GetLoadRequest(), call),
        cancellationToken);

    /// <summary>Cancels the calls that run and closes the connections.</summary>
    public void Dispose() => _core.Dispose();

    /// <summary>Cancels the calls that run and closes the connections.</summary>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
