using System.Runtime.CompilerServices;
using Grpc.Core;
using Laser.Serve.Errors;
using Laser.Serve.Hosting;
using Laser.Serve.Protocol.OpenInference;
using Laser.Serve.Services;
using Laser.Serve.V1;

namespace Laser.Serve.Compatibility.OpenInference;

/// <summary>Generates for requests of the Open Inference Protocol, through the native API.</summary>
internal sealed class InferGeneration(Generator generator, ModelState state)
{
    /// <summary>One answer with the whole text.</summary>
    /// <exception cref="RpcException">Refused, or failed on the way; it names the request's own fields.</exception>
    public async Task<ModelInferResponse> OnceAsync(ModelInferRequest request, CancellationToken cancellationToken)
    {
        InferCall call = InferCall.Read(request);
        if (call.WantsStream)
        {
            throw RpcErrors.InvalidArgument(
                call.Names.Translate(InferFields.Stream),
                "is true; ModelInfer gives one answer, ModelStreamInfer a stream");
        }

        InferPiece whole = await WholeAsync(call, cancellationToken);
        return Answer(call).Whole(whole);
    }

    /// <summary>As many answers as the request asks for, one if it does not say.</summary>
    /// <inheritdoc cref="OnceAsync"/>
    public async IAsyncEnumerable<ModelInferResponse> StreamAsync(
        ModelInferRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        InferCall call = InferCall.Read(request);
        InferAnswer answer = Answer(call);
        if (!call.WantsStream)
        {
            InferPiece whole = await WholeAsync(call, cancellationToken);
            foreach (ModelInferResponse response in answer.Streamed(whole))
            {
                yield return response;
            }

            yield break;
        }

        IAsyncEnumerable<GenerateResponse> stream = generator.StreamAsync(call.Native, cancellationToken);
        await foreach (GenerateResponse native in stream.TranslateErrors(call.Names, cancellationToken))
        {
            foreach (ModelInferResponse response in answer.Streamed(InferPiece.From(native)))
            {
                yield return response;
            }
        }
    }

    private InferAnswer Answer(InferCall call) => new(call, state.Require(call.Native.Model).Name);

    private async Task<InferPiece> WholeAsync(InferCall call, CancellationToken cancellationToken)
    {
        try
        {
            return InferPiece.From(await generator.OnceAsync(call.Native, cancellationToken));
        }
        catch (RpcException e)
        {
            throw TranslatedErrors.Translate(e, call.Names);
        }
    }
}
