using Laser.Serve.OpenAi;
using Laser.Serve.V1;

namespace Laser.Serve.Tests.OpenAi;

public class ChoiceTranslationTests
{
    // An umlaut and half of another, so that tokens, characters and bytes are three different things.
    private static readonly ByteTokenizer Tokens =
        new("<s>"u8.ToArray(), " a"u8.ToArray(), "\u00e4b"u8.ToArray(), [0xc3], [0xb6, 0x63], " d"u8.ToArray());

    [Fact]
    public void Translate_SeveralPromptsAndTexts_CountThroughThem()
    {
        var choices = new ChoiceTranslation(new CompletionRequest { N = 3 }, Tokens);

        CompletionChoice choice =
            choices.Translate(new PromptOutput(2, new GenerateResponse { Index = 1, Text = "t" }));

        Assert.Equal((7, "t"), (choice.Index, choice.Text));
        Assert.Null(choice.FinishReason);
        Assert.Null(choice.Logprobs);
        Assert.Null(choice.TokenIds);
    }

    [Theory]
    [InlineData(FinishReason.Stop, "stop", null)]
    [InlineData(FinishReason.Length, "length", null)]
    [InlineData(FinishReason.TimeLimit, "length", "time_limit")]
    public void Translate_Finish_HasItsReason(FinishReason reason, string expected, string? stopReason)
    {
        CompletionChoice choice = Translate(new CompletionRequest(), new Finish { Reason = reason });

        Assert.Equal(expected, choice.FinishReason);
        Assert.Equal(stopReason, choice.StopReason?.Text);
    }

    [Fact]
    public void Translate_Matched_IsTheStopReason()
    {
        Finish byString = new() { Reason = FinishReason.Stop, StopString = "END" };
        Finish byToken = new() { Reason = FinishReason.Stop, StopTokenId = 3 };

        Assert.Equal(new StopReason("END", 0), Translate(new CompletionRequest(), byString).StopReason);
        Assert.Equal(new StopReason(null, 3), Translate(new CompletionRequest(), byToken).StopReason);
    }

    [Fact]
    public void Translate_Echo_GoesAheadOfEachText()
    {
        var choices = new ChoiceTranslation(new CompletionRequest { Echo = true, N = 2 }, Tokens);
        var first = new GenerateResponse { Text = "x", Prompt = new PromptInfo { Text = "prompt " } };

        CompletionChoice[] pieces =
        [
            choices.Translate(new PromptOutput(0, first)),
            choices.Translate(new PromptOutput(0, new GenerateResponse { Text = "y" })),
            choices.Translate(new PromptOutput(0, new GenerateResponse { Text = "z", Index = 1 })),
        ];

        Assert.Equal(["prompt x", "y", "prompt z"], pieces.Select(piece => piece.Text));
    }

    [Fact]
    public void Translate_TokenIdsWanted_AreThere()
    {
        var choices = new ChoiceTranslation(new CompletionRequest { ReturnTokenIds = true }, Tokens);

        CompletionChoice choice = choices.Translate(new PromptOutput(0, new GenerateResponse { TokenIds = { 4, 5 } }));

        Assert.Equal([4u, 5u], choice.TokenIds);
    }

    [Fact]
    public void Translate_Logprobs_AreListsWithOffsetsInCodePoints()
    {
        var choices = new ChoiceTranslation(new CompletionRequest { Logprobs = 2 }, Tokens);
        var whole = new WholeCompletion();
        whole.Add(choices.Translate(Output(Logprob(1, -0.5f, (1, -0.5f), (2, -1f)), Logprob(2, -2f, (1, -0.25f)))));
        whole.Add(choices.Translate(Output(Logprob(3, -0.125f), Logprob(4, float.NegativeInfinity), Logprob(5, -1f))));

        CompletionLogprobs logprobs = Assert.Single(whole.ToChoices()).Logprobs!;

        Assert.Equal([" a", "\u00e4b", @"bytes:\xc3", @"bytes:\xb6\x63", " d"], logprobs.Tokens);
        Assert.Equal([-0.5f, -2f, -0.125f, -9999f, -1f], logprobs.TokenLogprobs);
        Assert.Equal([0, 2, 4, 4, 6], logprobs.TextOffset); // the third and the fourth share a character
        Assert.Equal(new Dictionary<string, float> { [" a"] = -0.5f, ["\u00e4b"] = -1f }, logprobs.TopLogprobs[0]);
        Assert.Equal(new Dictionary<string, float> { [" a"] = -0.25f, ["\u00e4b"] = -2f }, logprobs.TopLogprobs[1]);
    }

    [Fact]
    public void Translate_EchoWithLogprobs_BeginsWithThePromptsTokens()
    {
        var choices = new ChoiceTranslation(new CompletionRequest { Logprobs = 1, Echo = true }, Tokens);
        GenerateResponse first = Output(Logprob(5, -1f)).Response;
        first.Prompt = new PromptInfo
        {
            Text = "a\u00e4b",
            TokenIds = { 0, 1, 2 },
            Logprobs = { Logprob(1, -3f), Logprob(2, -4f) },
        };

        CompletionLogprobs logprobs = choices.Translate(new PromptOutput(0, first)).Logprobs!;

        Assert.Equal(["<s>", "a", "\u00e4b", " d"], logprobs.Tokens); // the text's first space is not there
        Assert.Equal([null, -3f, -4f, -1f], logprobs.TokenLogprobs);
        Assert.Equal([0, 0, 1, 3], logprobs.TextOffset); // special tokens are no text
        Assert.Null(logprobs.TopLogprobs[0]);
    }

    [Fact]
    public void ToChoices_Pieces_AreGatheredByIndex()
    {
        var whole = new WholeCompletion();
        whole.Add(new CompletionChoice { Index = 1, Text = "b", TokenIds = [1] });
        whole.Add(new CompletionChoice { Index = 0, Text = "a", FinishReason = "stop", TokenIds = [2] });
        whole.Add(new CompletionChoice { Index = 1, Text = "c", FinishReason = "length", TokenIds = [3, 4] });

        IReadOnlyList<CompletionChoice> choices = whole.ToChoices();

        Assert.Equal([(0, "a", "stop"), (1, "bc", "length")], choices.Select(c => (c.Index, c.Text, c.FinishReason!)));
        Assert.Equal([1u, 3u, 4u], choices[1].TokenIds);
    }

    [Fact]
    public void Usage_SeveralTextsOfAPrompt_CountThePromptOnce()
    {
        var usage = new UsageCount();
        usage.Add(Output());
        foreach ((int prompt, uint generated) in new[] { (0, 5u), (0, 6u), (1, 7u) })
        {
            var counts = new Usage { PromptTokens = 10, GeneratedTokens = generated, CachedTokens = 4 };
            usage.Add(new PromptOutput(prompt, new GenerateResponse { Finish = new Finish { Usage = counts } }));
        }

        Assert.Equal(new CompletionUsage(20, 18, 38, new PromptTokensDetails(8)), usage.ToUsage());
    }

    private static CompletionChoice Translate(CompletionRequest request, Finish finish) =>
        new ChoiceTranslation(request, Tokens).Translate(new PromptOutput(0, new GenerateResponse { Finish = finish }));

    private static PromptOutput Output(params TokenLogprob[] logprobs) =>
        new(0, new GenerateResponse { Logprobs = { logprobs } });

    private static TokenLogprob Logprob(uint id, float logprob, params (uint Id, float Logprob)[] top) => new()
    {
        TokenId = id,
        Logprob = logprob,
        Top = { top.Select(t => new CandidateToken { TokenId = t.Id, Logprob = t.Logprob }) },
    };
}
