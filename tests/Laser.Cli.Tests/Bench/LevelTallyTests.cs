using Grpc.Core;
using Laser.Cli.Bench;
using Laser.Serve.Simulation.Results;
using Laser.Serve.V1;
using static Laser.Cli.Tests.Bench.Calls;

namespace Laser.Cli.Tests.Bench;

public class LevelTallyTests
{
    private static readonly SloOptions Slo = new() { TtftSeconds = 0.1, ItlSeconds = 0.02 };

    [Fact]
    public void Ended_OneTokenAMessage_GapsAreInterTokenTimes()
    {
        LevelResult result = Tally(Slo, Finished((100, 1), (110, 1), (140, 1)));

        Assert.Equal(0.1, result.Ttft.Max, 9);
        Assert.Equal([0.010, 0.030], [result.Itl.Median, result.Itl.Max]);
        Assert.Equal([0.010, 0.030], [result.MessageGap.Median, result.MessageGap.Max]);
        Assert.Equal(0.020, result.Tpot.Mean, 9);
        Assert.Equal(0.140, result.Total.Mean, 9);
        Assert.Equal(0.25, result.Queue.Mean);
    }

    // 4 tokens came 40 ms after the first: 10 ms each, four times. Then one after 20 ms.
    [Fact]
    public void Ended_SeveralTokensInAMessage_ShareItsGap()
    {
        LevelResult result = Tally(Slo, Finished((50, 1), (90, 4), (110, 1)));

        Assert.Equal([0.010, 0.020], [result.Itl.Median, result.Itl.Max]);
        Assert.Equal(0.060 / 5, result.Itl.Mean, 9);
        Assert.Equal(0.060 / 5, result.Tpot.Mean, 9);
        Assert.Equal([0.020, 0.040], [result.MessageGap.Median, result.MessageGap.Max]);
        Assert.Equal(6, result.OutputTokens);
        Assert.Equal(101, result.ItlQuantiles.Length);
        Assert.Equal([0.010, 0.010, 0.020], [result.ItlQuantiles[0], result.ItlQuantiles[80], result.ItlQuantiles[81]]);
    }

    [Fact]
    public void Ended_SeveralTokensInTheFirstMessage_HaveNoGap()
    {
        LevelResult result = Tally(Slo, Finished((50, 3), (80, 1)));

        Assert.Equal([0.030, 0.030], [result.Itl.Mean, result.Itl.Max]);
        Assert.Equal(0.010, result.Tpot.Mean, 9);
    }

    [Fact]
    public void Ended_OneToken_HasNeitherInterTokenTimeNorTimePerToken()
    {
        LevelResult result = Tally(Slo, Finished((50, 1)));

        Assert.Equal(1, result.Good);
        Assert.Equal(default, result.Itl);
        Assert.Equal(default, result.Tpot);
        Assert.Empty(result.ItlQuantiles);
    }

    // Within both limits; at both limits; the first token too late; one gap too long but not the mean; the mean too long.
    [Fact]
    public void Ended_ServiceLevel_CountsThoseWithinBothLimits()
    {
        LevelResult result = Tally(
            Slo,
            Finished((50, 1), (60, 1)),
            Finished((100, 1), (120, 1)),
            Finished((101, 1), (102, 1)),
            Finished((50, 1), (55, 1), (85, 1)),
            Finished((50, 1), (71, 1)));

        Assert.Equal(5, result.Finished);
        Assert.Equal(3, result.Good);
        Assert.Equal(3, result.Goodput);
        Assert.Equal(5, result.RequestsPerSecond);
        Assert.Equal(50, result.PromptTokensPerSecond);
        Assert.Equal(11, result.OutputTokensPerSecond);
    }

    [Fact]
    public void Ended_TwoSequences_AreTimedApart()
    {
        var call = new CallRecord(2, 10, 2);
        call.Received(Tokens(1, index: 0), 10 * Millisecond);
        call.Received(Tokens(1, index: 1), 12 * Millisecond);
        call.Received(Last(1, index: 0), 20 * Millisecond);
        call.Received(Last(1, index: 1), 42 * Millisecond);
        call.Ended = 42 * Millisecond;

        LevelResult result = Tally(Slo, call);

        Assert.Equal([0.010, 0.030], [result.Itl.Median, result.Itl.Max]);
        Assert.Equal([0.010, 0.030], [result.Tpot.Median, result.Tpot.Max]);
        Assert.Equal((4L, 0L, 0L), (result.OutputTokens, result.Short, result.Good)); // the second is too slow
    }

    [Fact]
    public void Ended_Failures_AreCountedByStatusAndCountNothingElse()
    {
        LevelResult result = Tally(
            Slo,
            Failed(StatusCode.ResourceExhausted, "The queue is full."),
            Failed(StatusCode.ResourceExhausted, "Again."),
            Failed(StatusCode.Internal, "Broken."));

        Assert.Equal((3L, 3L, 0L), (result.Requests, result.Failed, result.Finished));
        Assert.Equal(new FailureCount(2, "The queue is full."), result.Failures["RESOURCE_EXHAUSTED"]);
        Assert.Equal(new FailureCount(1, "Broken."), result.Failures["INTERNAL"]);
        Assert.Equal((0L, default), (result.PromptTokens, result.Ttft));
    }

    [Fact]
    public void Ended_FailureBehindSomeTokens_KeepsTheTokens()
    {
        CallRecord call = Failed(StatusCode.Aborted, "Drained.");
        call.Received(Tokens(1), 10 * Millisecond);
        call.Received(Tokens(2), 30 * Millisecond);

        LevelResult result = Tally(Slo, call);

        Assert.Equal((3L, 0L, 1L), (result.OutputTokens, result.Finished, result.Failed));
        Assert.Equal((0.010, 0.010), (result.Ttft.Max, result.Itl.Max));
        Assert.Equal(default, result.Total);
    }

    [Fact]
    public void Ended_FewerTokensThanAskedFor_IsShort()
    {
        var call = new CallRecord(1, 10, outputTokens: 5);
        call.Received(Last(4, FinishReason.Stop, cached: 8), 10 * Millisecond);

        LevelResult result = Tally(Slo, call);

        Assert.Equal((1L, 1L, 8L), (result.Short, result.Finished, result.CachedTokens));
    }

    [Fact]
    public void Ended_TimeLimit_IsNotFinished()
    {
        var call = new CallRecord(1, 10, outputTokens: 5);
        call.Received(Last(4, FinishReason.TimeLimit), 10 * Millisecond);

        LevelResult result = Tally(Slo, call);

        Assert.Equal((1L, 0L, 0L), (result.TimedOut, result.Finished, result.Good));
    }

    [Fact]
    public void Ended_SentLate_CountsTheWaitAndSaysSo()
    {
        var late = new CallRecord(1, 10, 1) { Intended = 0, Sent = 40 * Millisecond };
        late.Received(Last(1), 60 * Millisecond);
        late.Ended = 60 * Millisecond;
        var punctual = new CallRecord(1, 10, 1) { Intended = 0, Sent = 10 * Millisecond };
        punctual.Received(Last(1), 20 * Millisecond);
        punctual.Ended = 20 * Millisecond;

        LevelResult result = Tally(Slo, late, punctual);

        Assert.Equal((1L, 0.040), (result.Late, result.Lateness.Max));
        Assert.Equal((0.060, 0.060), (result.Ttft.Max, result.Total.Max));
    }
}
