using Google.Protobuf;
using Grpc.Core;
using Laser.Serve.V1;

namespace Laser.Client.Tests.Fakes;

/// <summary>A token is a UTF-16 unit; 1 begins a sequence.</summary>
internal sealed class FakeTokenization : Tokenization.TokenizationBase
{
    public override Task<TokenizeResponse> Tokenize(TokenizeRequest request, ServerCallContext context)
    {
        var answer = new TokenizeResponse();
        if (request.AddSpecialTokens)
        {
            answer.TokenIds.Add(1);
            answer.TokenBytes.Add(ByteString.Empty);
        }

        answer.TokenIds.AddRange(request.Text.Select(c => (uint)c));
        answer.TokenBytes.AddRange(request.Text.Select(c => ByteString.CopyFromUtf8(c.ToString())));
        return Task.FromResult(answer);
    }

    public override Task<DetokenizeResponse> Detokenize(DetokenizeRequest request, ServerCallContext context) =>
        Task.FromResult(new DetokenizeResponse
        {
            Text = string.Concat(request.TokenIds
                .Where(id => !request.SkipSpecialTokens || id != 1)
                .Select(id => id == 1 ? "<s>" : ((char)id).ToString())),
        });
}
