using Laser.Serve.Compatibility.Vllm;
using Laser.Serve.Protocol.Vllm;
using Laser.Serve.V1;
using GenerateRequest = Laser.Serve.Protocol.Vllm.GenerateRequest;
using GenerateResponse = Laser.Serve.Protocol.Vllm.GenerateResponse;
using NativeResponse = Laser.Serve.V1.GenerateResponse;
using SamplingParams = Laser.Serve.Protocol.Vllm.SamplingParams;

namespace Laser.Serve.Tests.Compatibility;

/// <summary>Native streams as the answers of VllmEngine.</summary>
public class VllmAnswerTests
{
    private static readonly NativeResponse First = new()
    {
        TokenIds = { 5, 6 },
        Logprobs = { Logprob(5, -0.5f, (5, -0.5f), (7, -1.5f)), Logprob(6, -2f, (8, -0.25f), (5, -1f)) },
        Prompt = new PromptInfo { TokenIds = { 1, 2 }, Logprobs = { Logprob(2, -3f, (9, -1f)) } },
    };

    private static readonly NativeResponse Last = new()
    {
        TokenIds = { 7 },
        Logprobs = { Logprob(7, -4f, (7, -4f)) },
        Finish = new Finish
        {
            Reason = FinishReason.Stop,
            StopTokenId = 3,
            Usage = new Usage { PromptTokens = 2, GeneratedTokens = 4, CachedTokens = 1 },
        },
    };

    [Fact]
    public void Add_Streamed_GivesChunksAndOneCompleteWithAllTokens()
    {
        GenerateRequest request = Request(stream: true);

        GenerateResponse[] responses = Answers(request, First, new NativeResponse { Text = "held" }, Last);

        Assert.Equal(3, responses.Length);
        Assert.Equal(
            new GenerateStreamChunk
            {
                TokenIds = { 5, 6 },
                PromptTokens = 2,
                CompletionTokens = 2,
                OutputLogprobs = new OutputLogProbs
                {
                    TokenIds = { 5, 6 },
                    TokenLogprobs = { -0.5f, -2f },
                    TopLogprobs = { Top((5, -0.5f), (7, -1.5f)), Top((8, -0.25f), (5, -1f)) },
                },
                InputLogprobs = PromptLogprobs,
            },
            responses[0].Chunk);
        Assert.Null(responses[1].Chunk.InputLogprobs);
        Assert.Equal([-4f], responses[1].Chunk.OutputLogprobs.TokenLogprobs);
        Assert.Equal(
            new GenerateComplete
            {
                OutputIds = { 5, 6, 7 },
                FinishReason = "stop",
                PromptTokens = 2,
                CompletionTokens = 4,
                CachedTokens = 1,
                MatchedTokenId = 3,
            },
            responses[2].Complete);
    }

    [Fact]
    public void Add_NotStreamed_GivesOneCompleteWithEverything()
    {
        GenerateComplete complete = Answers(Request(stream: false), First, Last).Single().Complete;

        Assert.Equal([5u, 6, 7], complete.OutputIds);
        Assert.Equal([-0.5f, -2f, -4f], complete.OutputLogprobs.TokenLogprobs);
        Assert.Equal(PromptLogprobs, complete.InputLogprobs);
    }

    [Fact]
    public void Add_EndOfSequence_MatchesNothingThatWasAskedFor()
    {
        GenerateRequest request = Request(stream: false);
        request.SamplingParams.StopTokenIds.Clear();

        GenerateComplete complete = Answers(request, First, Last).Single().Complete;

        Assert.Equal(GenerateComplete.MatchedStopOneofCase.None, complete.MatchedStopCase);
    }

    [Fact]
    public void Add_StopString_IsTold()
    {
        NativeResponse last = Last.Clone();
        last.Finish.StopString = "end";

        Assert.Equal("end", Answers(Request(stream: false), First, last).Single().Complete.MatchedStopStr);
    }

    [Fact]
    public void Add_TwoSequences_AreToldApartAndBothHaveThePrompt()
    {
        NativeResponse other = First.Clone();
        other.Index = 1;
        other.Prompt = null;
        NativeResponse otherLast = Last.Clone();
        otherLast.Index = 1;
        otherLast.Finish.Reason = FinishReason.Length;
        otherLast.Finish.ClearMatched();

        GenerateResponse[] responses = Answers(Request(stream: true), First, other, otherLast, Last);

        Assert.Equal([0u, 1, 1, 0], responses.Where(r => r.Chunk is not null).Select(r => r.Chunk.Index));
        Assert.NotNull(responses[1].Chunk.InputLogprobs);
        Assert.Equal(
            [(1u, "length"), (0u, "stop")],
            responses.Where(r => r.Complete is not null).Select(r => (r.Complete.Index, r.Complete.FinishReason)));
    }

    [Fact]
    public void Abort_Midway_EndsTheSequencesThatHaveNotEnded()
    {
        GenerateRequest request = Request(stream: true);
        request.SamplingParams.N = 3;
        NativeResponse other = First.Clone();
        other.Index = 1;
        VllmAnswer answer = Answer(request);
        GenerateResponse[] before = [.. answer.Add(First), .. answer.Add(Last), .. answer.Add(other)];

        GenerateComplete[] ends = [.. answer.Abort().Select(response => response.Complete)];

        Assert.Single(before, response => response.Complete is not null);
        Assert.Equal(
            [(1u, "abort", 2u), (2u, "abort", 0u)], ends.Select(e => (e.Index, e.FinishReason, e.CompletionTokens)));
        Assert.Equal([5u, 6], ends[0].OutputIds);
    }

    private static InputLogProbs PromptLogprobs => new()
    {
        TokenIds = { 1, 2 },
        TokenLogprobs = { new InputTokenLogProb(), new InputTokenLogProb { Value = -3f } },
        TopLogprobs = { new TopLogProbs(), Top((9, -1f)) },
    };

    private static GenerateRequest Request(bool stream) => new()
    {
        Stream = stream,
        Tokenized = new TokenizedInput { InputIds = { 1, 2 } },
        SamplingParams = new SamplingParams { Logprobs = 2, PromptLogprobs = 1, StopTokenIds = { 3 } },
    };

    private static VllmAnswer Answer(GenerateRequest request) =>
        new(request, VllmRequest.Translate(request, contextLength: 100, _ => []));

    private static GenerateResponse[] Answers(GenerateRequest request, params NativeResponse[] stream)
    {
        VllmAnswer answer = Answer(request);
        return [.. stream.SelectMany(answer.Add)];
    }

    private static TokenLogprob Logprob(uint id, float logprob, params (uint Id, float Logprob)[] top) => new()
    {
        TokenId = id,
        Logprob = logprob,
        Top = { top.Select(t => new CandidateToken { TokenId = t.Id, Logprob = t.Logprob }) },
    };

    private static TopLogProbs Top(params (uint Id, float Logprob)[] top) =>
        new() { TokenIds = { top.Select(t => t.Id) }, Values = { top.Select(t => t.Logprob) } };
}
