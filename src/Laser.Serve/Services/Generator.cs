using System.Diagnostics;
using System.Runtime.CompilerServices;
using Grpc.Core;
using Laser.Serve.Engine;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Errors;
using Laser.Serve.Hosting;
using Laser.Serve.Security;
using Laser.Serve.Services.Mapping;
using Laser.Serve.Telemetry;
using Laser.Serve.V1;

namespace Laser.Serve.Services;

/// <summary>
/// The one way from a native request to a native stream. Every other protocol is a translation to and from these
/// messages, so that the same request gives the same tokens and the same checks whatever it came in as.
/// </summary>
internal sealed class Generator(
    ModelState state, PromptLog promptLog, CurrentCaller caller, TimeProvider time)
{
    /// <summary>Generates; the messages are those of <c>Generation.Generate</c>.</summary>
    /// <param name="request">The request, unchecked.</param>
    /// <param name="cancellationToken">Cancelling it frees what the request holds within one step.</param>
    /// <exception cref="RpcException">Refused, or failed on the way, with <c>google.rpc</c> details.</exception>
    public async IAsyncEnumerable<GenerateResponse> StreamAsync(
        GenerateRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ServedModel model = state.Require(request.Model);
        GenerationRequest generation = RequestMapper.Map(request, model) with
        {
            FairnessKey = caller.Name,
            Trace = Activity.Current?.Context ?? default,
        };
        RequestRecord.Current?.Name(generation.Id);
        promptLog.Write(request, generation);
        using GenerationRecord? record = GenerationRecord.Start(generation, model.Name, time);
        await using IAsyncEnumerator<TokenOutput> outputs =
            model.Engine.GenerateAsync(generation, cancellationToken).GetAsyncEnumerator(cancellationToken);
        var responses = new ResponseMapper(request, generation, model);
        while (await MoveNextAsync(outputs, record))
        {
            record?.Generated(outputs.Current);
            yield return responses.Map(outputs.Current);
        }
    }

    /// <summary>The same in one message.</summary>
    /// <inheritdoc cref="StreamAsync"/>
    public async Task<GenerateOnceResponse> OnceAsync(GenerateRequest request, CancellationToken cancellationToken)
    {
        var whole = new WholeResponse();
        await foreach (GenerateResponse response in StreamAsync(request, cancellationToken))
        {
            whole.Add(response);
        }

        return whole.ToResponse();
    }

    private static async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<TokenOutput> outputs, GenerationRecord? record)
    {
        try
        {
            return await outputs.MoveNextAsync();
        }
        catch (EngineException e)
        {
            record?.Failed(e);
            throw EngineErrors.ToRpcException(e);
        }
    }
}
