using Laser.Serve.Engine.Output;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sequences;

namespace Laser.Serve.Engine.Tests.Schedules;

/// <summary>
/// Requests that come to an engine at random steps, some more than once and some cancelled on their way. The engine is
/// stepped by hand, so that a seed always gives the same schedule.
/// </summary>
internal sealed class RandomSchedule
{
    private const int LastArrival = 15;

    private readonly List<Visit> _visits = [];

    /// <summary>Draws three to eight of these requests.</summary>
    public RandomSchedule(Random random, IReadOnlyList<GenerationRequest> requests)
    {
        for (int left = random.Next(3, 9); left > 0; left--)
        {
            int arrival = random.Next(LastArrival + 1);
            int? cancellation = random.Next(4) == 0 ? arrival + random.Next(LastArrival) : null;
            _visits.Add(new Visit(requests[random.Next(requests.Count)], arrival, cancellation));
        }
    }

    /// <summary>Tokens of prompts that were found in the cache.</summary>
    public int CachedTokenCount => _visits.Sum(visit => visit.Group!.CachedTokenCount);

    /// <summary>Requests that were cancelled before their end.</summary>
    public int CancelledCount => _visits.Count(visit => visit.Group!.FinishReason == FinishReason.Cancelled);

    /// <summary>Runs all of it; returns the requests that were answered, and what with.</summary>
    public List<(GenerationRequest Request, int[] Answer)> Run(InferenceEngine engine)
    {
        for (int step = 0; step <= 2 * LastArrival || _visits.Exists(visit => !visit.Group!.HasEnded); step++)
        {
            foreach (Visit visit in _visits)
            {
                if (visit.Arrival == step)
                {
                    visit.Group = engine.Submit(visit.Request, new StopStrings([]));
                }

                if (visit.Cancellation == step)
                {
                    engine.Cancel(visit.Group!);
                }
            }

            engine.Loop.Step();
        }

        return [.. _visits
            .Where(visit => visit.Group!.FinishReason != FinishReason.Cancelled)
            .Select(visit => (visit.Request, AnswerOf(visit.Group!)))];
    }

    /// <summary>Runs a request alone.</summary>
    public static int[] RunAlone(InferenceEngine engine, GenerationRequest request)
    {
        SequenceGroup group = engine.Submit(request, new StopStrings([]));
        while (!group.HasEnded)
        {
            engine.Loop.Step();
        }

        return AnswerOf(group);
    }

    // Everything that a reader gets, as numbers: tokens and the bits of log-probabilities, sequence by sequence.
    private static int[] AnswerOf(SequenceGroup group)
    {
        Assert.Null(group.Failure);
        List<(int Index, int Token, int Bits)> outputs = [];
        while (group.Output.TryRead(out SequenceOutput output))
        {
            outputs.Add(output.Summary is null
                ? (output.Index, output.Token.TokenId, BitsOf(output.Token.Logprob))
                : (output.Index, -1, (int)output.Summary.FinishReason));
        }

        IEnumerable<int> prompt = group.First.PromptLogprobs.Select(BitsOf);
        return
        [
            .. prompt,
            .. outputs.OrderBy(one => one.Index).SelectMany(one => new[] { one.Index, one.Token, one.Bits }),
        ];
    }

    private static int BitsOf(TokenLogprob? logprob) =>
        logprob is null ? 0 : BitConverter.SingleToInt32Bits(logprob.Logprob);

    private sealed record Visit(GenerationRequest Request, int Arrival, int? Cancellation)
    {
        public SequenceGroup? Group { get; set; }
    }
}
