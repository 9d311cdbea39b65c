using Laser.Serve.Compute;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Speculation;

/// <summary>
/// Tokens sampled with guesses have the distribution that the model says, over many seeds: a chi-square test of four
/// tokens in a row against the exact probabilities, and one that prefers its guesses a little, which must fail it.
/// </summary>
public class SpeculationDistributionTests
{
    private const int Tokens = 4;
    private const int SequenceCount = 8;
    private const int RequestCount = 2500;

    // What follows a token in the prompt is likely to follow it again.
    private static readonly double[] Steps = [0.15, 0.5, 0.2, 0.15];
    private static readonly int[] Prompt = [0, 1, 2, 3, 0, 1, 2, 3, 0, 1];

    // The quantile at 1 - 1e-6 by Wilson and Hilferty, "The distribution of chi-square" (1931).
    private const double Freedom = 255;
    private const double Share = 2 / (9 * Freedom);
    private static readonly double Critical = Freedom * Math.Pow(1 - Share + (4.753 * Math.Sqrt(Share)), 3);

    [Fact]
    public async Task Generate_ManySeeds_HasTheModelsDistribution()
    {
        (double statistic, int guesses) = await Measure(preference: 0);

        Assert.InRange(statistic, 100, Critical);
        Assert.True(guesses > RequestCount, $"Only {guesses} guesses.");
    }

    [Fact]
    public async Task Generate_GuessesPreferred_HasAnother()
    {
        (double statistic, _) = await Measure(preference: 0.4f);

        Assert.True(statistic > Critical, $"{statistic} of {Critical}");
    }

    // A preference is added to the logit of the guess in the row that decides on it.
    private static async Task<(double Statistic, int Guesses)> Measure(float preference)
    {
        var guesses = new Queue<int?>();
        int guessCount = 0;
        EngineOptions options = TestEngine.Options(running: SequenceCount, tokensPerStep: 64);
        options.SpeculativeTokens = 3;
        await using var engine = new TestEngine(new FakeModelRunner(vocabularySize: Tokens), options);
        engine.Runner.BeforeRun = batch => NoteGuesses(batch, guesses);
        engine.Runner.Logits = (context, logits) =>
        {
            for (int i = 0; i < Tokens; i++)
            {
                logits[(context[^1] + i) % Tokens] = (float)Math.Log(Steps[i]);
            }

            if (guesses.Dequeue() is int guess)
            {
                logits[guess] += preference;
                guessCount++;
            }
        };

        int[] counts = new int[(int)Math.Pow(Tokens, Tokens)];
        for (int i = 0; i < RequestCount; i++)
        {
            GenerationRequest request = TestEngine.Request(maxTokens: Tokens) with
            {
                PromptTokenIds = Prompt,
                SequenceCount = SequenceCount,
                Sampling = new SamplingParams { Seed = (ulong)i },
            };
            foreach (Generation generation in await engine.GenerateAllByHand(request))
            {
                counts[generation.TokenIds.Aggregate(0, (cell, token) => (cell * Tokens) + token)]++;
            }
        }

        return (Statistic(counts), guessCount);
    }

    private static double Statistic(int[] counts)
    {
        double sum = 0;
        for (int cell = 0; cell < counts.Length; cell++)
        {
            double expected = RequestCount * SequenceCount;
            int before = Prompt[^1];
            for (int unit = counts.Length / Tokens; unit > 0; unit /= Tokens)
            {
                int token = cell / unit % Tokens;
                expected *= Steps[(token - before + Tokens) % Tokens];
                before = token;
            }

            sum += (counts[cell] - expected) * (counts[cell] - expected) / expected;
        }

        return sum;
    }

    // For each row of logits the token that the batch has behind it, if it has one.
    private static void NoteGuesses(ForwardBatch batch, Queue<int?> guesses)
    {
        int sequence = 0;
        foreach (int row in batch.LogitRows)
        {
            while (row >= batch.QueryStarts[sequence + 1])
            {
                sequence++;
            }

            guesses.Enqueue(row + 1 < batch.QueryStarts[sequence + 1] ? batch.TokenIds[row + 1] : null);
        }
    }
}
