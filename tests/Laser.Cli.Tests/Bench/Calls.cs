using Grpc.Core;
using Laser.Cli.Bench;
using Laser.Serve.V1;
using Microsoft.Extensions.Time.Testing;

namespace Laser.Cli.Tests.Bench;

/// <summary>Calls as a test tells them: which message came when.</summary>
internal static class Calls
{
    /// <summary>Ticks of the fake clock in a millisecond.</summary>
    public const long Millisecond = TimeSpan.TicksPerMillisecond;

    /// <summary>A message with tokens.</summary>
    public static GenerateResponse Tokens(int count, uint index = 0)
    {
        var message = new GenerateResponse { Index = index };
        message.TokenIds.AddRange(Enumerable.Repeat(7u, count));
        return message;
    }

    /// <summary>The last message of a sequence.</summary>
    public static GenerateResponse Last(
        int tokens, FinishReason reason = FinishReason.Length, uint index = 0, uint cached = 0)
    {
        GenerateResponse message = Tokens(tokens, index);
        message.Finish = new Finish
        {
            Reason = reason,
            Usage = new Usage { CachedTokens = cached },
            Timings = new Timings { QueueSeconds = 0.25 },
        };
        return message;
    }

    /// <summary>A finished call of one sequence.</summary>
    /// <param name="messages">When each message came, in ms, and its tokens.</param>
    public static CallRecord Finished(params (long Time, int Tokens)[] messages)
    {
        int tokens = messages.Sum(message => message.Tokens);
        var call = new CallRecord(1, promptTokens: 10, tokens) { Intended = 0, Sent = 0 };
        for (int i = 0; i < messages.Length; i++)
        {
            bool isLast = i == messages.Length - 1;
            call.Received(
                isLast ? Last(messages[i].Tokens) : Tokens(messages[i].Tokens), messages[i].Time * Millisecond);
        }

        call.Ended = messages[^1].Time * Millisecond;
        return call;
    }

    /// <summary>What a level with these calls gives, which took a second.</summary>
    public static LevelResult Tally(Serve.Simulation.Results.SloOptions slo, params CallRecord[] calls)
    {
        var tally = new LevelTally(slo, new FakeTimeProvider());
        foreach (CallRecord call in calls)
        {
            tally.Starting();
            tally.Ended(call);
        }

        return tally.Result(
            new BenchLevel(LoadMode.Rate, 2),
            DateTimeOffset.UnixEpoch,
            TimeSpan.FromSeconds(1),
            TimeSpan.FromSeconds(0.5),
            interrupted: false);
    }

    public static CallRecord Failed(StatusCode code, string detail) =>
        new(1, 10, 5) { End = CallEnd.Failed, Failure = new Status(code, detail) };
}
