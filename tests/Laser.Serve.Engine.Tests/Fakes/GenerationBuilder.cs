using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Engine.Tests.Fakes;

/// <summary>Gathers the outputs of one sequence and checks their order.</summary>
internal sealed class GenerationBuilder(GenerationRequest request)
{
    private readonly List<int> _tokenIds = [];
    private readonly List<TokenLogprob> _logprobs = [];
    private readonly List<TokenLogprob> _promptLogprobs = [];
    private string _text = "";
    private GenerationSummary? _summary;

    public void Add(TokenOutput output)
    {
        Assert.Null(_summary);
        Assert.True(output.Logprobs.Count == (request.TopLogprobs is null ? 0 : output.TokenIds.Count));
        _tokenIds.AddRange(output.TokenIds);
        _logprobs.AddRange(output.Logprobs);
        _promptLogprobs.AddRange(output.PromptLogprobs);
        _text += output.Text;
        _summary = output.Final;
    }

    public Generation Build()
    {
        Assert.NotNull(_summary);
        return new Generation(_tokenIds, _text, _summary) { Logprobs = _logprobs, PromptLogprobs = _promptLogprobs };
    }
}
