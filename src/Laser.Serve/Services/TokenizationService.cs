using Google.Protobuf;
using Grpc.Core;
using Laser.Serve.Hosting;
using Laser.Serve.Services.Mapping;
using Laser.Serve.V1;

namespace Laser.Serve.Services;

/// <summary>Text to token ids and back.</summary>
internal sealed class TokenizationService(ModelState state) : V1.Tokenization.TokenizationBase
{
    /// <inheritdoc />
    public override Task<TokenizeResponse> Tokenize(TokenizeRequest request, ServerCallContext context)
    {
        ServedModel model = state.Require(request.Model);
        bool addSpecialTokens = !request.HasAddSpecialTokens || request.AddSpecialTokens;
        IReadOnlyList<int> ids = addSpecialTokens
            ? model.EncodePrompt(request.Text)
            : model.Tokenizer.Encode(request.Text, addSpecialTokens: false);
        var response = new TokenizeResponse();
        foreach (int id in ids)
        {
            response.TokenIds.Add((uint)id);
            response.TokenBytes.Add(ByteString.CopyFrom(model.Tokenizer.TokenBytes(id)));
        }

        return Task.FromResult(response);
    }

    /// <inheritdoc />
    public override Task<DetokenizeResponse> Detokenize(DetokenizeRequest request, ServerCallContext context)
    {
        ServedModel model = state.Require(request.Model);
        int[] ids = FieldCheck.TokenIds("token_ids", request.TokenIds, model.VocabularySize);
        bool skipSpecialTokens = !request.HasSkipSpecialTokens || request.SkipSpecialTokens;
        return Task.FromResult(new DetokenizeResponse { Text = model.Tokenizer.Decode(ids, skipSpecialTokens) });
    }
}
