using Laser.Serve.V1;

namespace Laser.Serve.FunctionalTests.Native;

/// <summary>What a request can ask of the answer, over the wire and with the bundled model.</summary>
public class AnswerOptionsTests(RunningServer server) : IClassFixture<RunningServer>
{
    private const string Prompt = "Once upon a time";

    [Fact]
    public async Task Generate_SeveralSequences_EachIsCompleteAndTheFirstIsTheOnlyOneOfOne()
    {
        GenerateRequest request = Sampled(24);
        GeneratedSequence alone = (await server.Client.GenerateOnceAsync(request)).Sequences.Single();
        request.N = 4;

        GenerateOnceResponse four = await server.Client.GenerateOnceAsync(request);
        List<GenerateResponse> stream = await server.CollectAsync(request);

        Assert.Equal(4, four.Sequences.Count);
        Assert.Equal(alone.TokenIds, four.Sequences[0].TokenIds);
        Assert.Equal(4, four.Sequences.Select(s => s.Text).Distinct().Count());
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(four.Sequences[i].TokenIds, stream.Where(r => r.Index == i).SelectMany(r => r.TokenIds));
            Assert.NotNull(Assert.Single(stream, r => r.Index == i && r.Finish is not null));
        }
    }

    [Fact]
    public async Task Generate_Logprobs_AreOfTheModelAndOrdered()
    {
        GenerateRequest request = Sampled(16);
        request.Output = new OutputParams { Logprobs = 5 };

        GeneratedSequence sequence = (await server.Client.GenerateOnceAsync(request)).Sequences.Single();

        Assert.Equal(sequence.TokenIds, sequence.Logprobs.Select(l => l.TokenId));
        Assert.All(sequence.Logprobs, logprob =>
        {
            Assert.Equal(5, logprob.Top.Count);
            Assert.Equal(logprob.Top.OrderByDescending(t => t.Logprob), logprob.Top);
            Assert.InRange(logprob.Top.Sum(t => Math.Exp(t.Logprob)), 0, 1 + 1e-6);
            if (logprob.Rank <= 5)
            {
                Assert.Equal(logprob.Top[(int)logprob.Rank - 1].TokenId, logprob.TokenId);
                Assert.Equal(logprob.Top[(int)logprob.Rank - 1].Logprob, logprob.Logprob);
            }
        });
    }

    [Fact]
    public async Task Generate_PromptLogprobsOfAnAnswer_AreThoseItWasGeneratedWith()
    {
        GenerateRequest first = RunningServer.Request(Prompt, 12);
        first.Output = new OutputParams { Logprobs = 0, Echo = true };
        GenerateOnceResponse generated = await server.Client.GenerateOnceAsync(first);
        GeneratedSequence sequence = generated.Sequences.Single();
        GenerateRequest again = RunningServer.Request("", 1);
        again.PromptTokenIds = new TokenIds { Ids = { generated.Prompt.TokenIds, sequence.TokenIds } };
        again.Output = new OutputParams { PromptLogprobs = 2 };

        PromptInfo prompt = (await server.Client.GenerateOnceAsync(again)).Prompt;

        Assert.Equal(again.PromptTokenIds.Ids.Skip(1), prompt.Logprobs.Select(l => l.TokenId));
        Assert.Equal(
            sequence.Logprobs.Select(l => l.Logprob), prompt.Logprobs.TakeLast(12).Select(l => l.Logprob));
        Assert.All(prompt.Logprobs.TakeLast(12), l => Assert.Equal((1u, 2), (l.Rank, l.Top.Count)));
        Assert.Empty(prompt.TokenIds); // not asked for
    }

    [Fact]
    public async Task Generate_Echo_GivesThePromptBackOnceAndFirst()
    {
        GenerateRequest request = RunningServer.Request(Prompt, 6);
        request.Output = new OutputParams { Echo = true };

        List<GenerateResponse> responses = await server.CollectAsync(request);

        Assert.Equal(Prompt, responses[0].Prompt.Text);
        Assert.Equal(responses[^1].Finish.Usage.PromptTokens, (uint)responses[0].Prompt.TokenIds.Count);
        Assert.All(responses.Skip(1), r => Assert.Null(r.Prompt));
    }

    [Fact]
    public async Task Generate_TruncatePrompt_KeepsItsEnd()
    {
        GenerateRequest request = RunningServer.Request("Once upon a time there was a king", 6);
        request.Output = new OutputParams { Echo = true };
        PromptInfo whole = (await server.Client.GenerateOnceAsync(request)).Prompt;
        request.TruncatePromptTokens = 3;

        GenerateOnceResponse cut = await server.Client.GenerateOnceAsync(request);

        Assert.Equal(whole.TokenIds.TakeLast(3), cut.Prompt.TokenIds);
        Assert.Equal(3u, cut.Sequences[0].Finish.Usage.PromptTokens);
        Assert.EndsWith("king", cut.Prompt.Text);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Generate_OnlyTextOrOnlyIds_LeavesTheOtherOut(bool text, bool tokenIds)
    {
        GenerateRequest request = RunningServer.Request(Prompt, 6);
        request.Output = new OutputParams { Text = text, TokenIds = tokenIds };

        GeneratedSequence sequence = (await server.Client.GenerateOnceAsync(request)).Sequences.Single();

        Assert.Equal(text, sequence.Text.Length > 0);
        Assert.Equal(tokenIds ? 6 : 0, sequence.TokenIds.Count);
    }

    [Fact]
    public async Task Generate_StopTokenWithIncludeAndMinTokens_EndsWithItAndNotBefore()
    {
        GenerateRequest request = RunningServer.Request(Prompt, 40);
        uint[] free = [.. (await server.Client.GenerateOnceAsync(request)).Sequences[0].TokenIds];
        request.Stop = new StopParams { TokenIds = { free[5] } };
        GeneratedSequence without = (await server.Client.GenerateOnceAsync(request)).Sequences.Single();
        request.Stop.IncludeStop = true;
        GeneratedSequence with = (await server.Client.GenerateOnceAsync(request)).Sequences.Single();
        request.Stop.MinTokens = 20;
        GeneratedSequence later = (await server.Client.GenerateOnceAsync(request)).Sequences.Single();

        int end = Array.IndexOf(free, free[5]);
        Assert.Equal(free[..end], without.TokenIds);
        Assert.Equal(free[..(end + 1)], with.TokenIds);
        Assert.Equal(free[5], with.Finish.StopTokenId);
        Assert.True(later.TokenIds.Count >= 20);
        Assert.DoesNotContain(free[5], later.TokenIds.Take(20)); // banned until then
    }

    [Fact]
    public async Task Generate_TimeLimit_GivesTheTextThereIs()
    {
        GenerateRequest request = RunningServer.Request(Prompt, 1000);
        request.N = 16; // too much for the time, on any machine
        request.TimeLimitMs = 50;
        request.Stop = new StopParams { IgnoreEos = true };

        GenerateOnceResponse response = await server.Client.GenerateOnceAsync(request);

        Assert.Equal(16, response.Sequences.Count);
        Assert.All(response.Sequences, s => Assert.Equal(FinishReason.TimeLimit, s.Finish.Reason));
        Assert.All(response.Sequences, s => Assert.InRange(s.TokenIds.Count, 0, 999));
    }

    [Fact]
    public async Task Generate_SamePromptAgain_IsFoundInTheCache()
    {
        GenerateRequest request = RunningServer.Request("", 8);
        request.PromptTokenIds = new TokenIds { Ids = { Enumerable.Range(0, 100).Select(i => (uint)(7 + (i * i % 97))) } };
        GenerateRequest salted = request.Clone();
        salted.Cache = new CacheParams { Salt = "other" };
        GenerateRequest bypassing = request.Clone();
        bypassing.Cache = new CacheParams { Bypass = true };

        GeneratedSequence[] answers =
        [
            .. await InTurn(request, request, salted, bypassing),
        ];

        Assert.Equal([0u, 96u, 0u, 0u], answers.Select(a => a.Finish.Usage.CachedTokens));
        Assert.All(answers, a => Assert.Equal(answers[0].TokenIds, a.TokenIds));
    }

    [Fact]
    public async Task Generate_BiasAllowedAndBanned_DecideWhatCanCome()
    {
        GenerateRequest biased = Sampled(6);
        biased.Sampling.LogitBias.Add(321, 100);
        GenerateRequest allowed = Sampled(6);
        allowed.Sampling.AllowedTokenIds.AddRange([40, 41]);
        allowed.Stop = new StopParams { IgnoreEos = true };
        GenerateRequest greedy = RunningServer.Request(Prompt, 1);
        uint favourite = (await server.Client.GenerateOnceAsync(greedy)).Sequences[0].TokenIds[0];
        GenerateRequest banned = greedy.Clone();
        banned.Sampling.BannedTokenIds.Add(favourite);

        GeneratedSequence[] answers = [.. await InTurn(biased, allowed, banned)];

        Assert.All(answers[0].TokenIds, id => Assert.Equal(321u, id));
        Assert.All(answers[1].TokenIds, id => Assert.Contains(id, new uint[] { 40, 41 }));
        Assert.NotEqual(favourite, answers[2].TokenIds[0]);
    }

    [Fact]
    public async Task Generate_RepetitionPenalty_LessensRepetition()
    {
        GenerateRequest plain = RunningServer.Request("the the the the the the", 120);
        plain.Stop = new StopParams { IgnoreEos = true };
        GenerateRequest penalized = plain.Clone();
        penalized.Sampling.RepetitionPenalty = 1.5f;
        GenerateRequest frequency = plain.Clone();
        frequency.Sampling.FrequencyPenalty = 2;

        int[] distinct = [.. (await InTurn(plain, penalized, frequency)).Select(a => a.TokenIds.Distinct().Count())];

        Assert.True(distinct[1] > distinct[0] && distinct[2] > distinct[0], string.Join(", ", distinct));
    }

    private static GenerateRequest Sampled(uint maxTokens) => new()
    {
        Prompt = Prompt,
        MaxTokens = maxTokens,
        Sampling = new SamplingParams { Temperature = 1, TopK = 50, Seed = 11 },
    };

    private async Task<List<GeneratedSequence>> InTurn(params GenerateRequest[] requests)
    {
        List<GeneratedSequence> answers = [];
        foreach (GenerateRequest request in requests)
        {
            answers.Add((await server.Client.GenerateOnceAsync(request)).Sequences.Single());
        }

        return answers;
    }
}
