using System.Diagnostics;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Telemetry;

namespace Laser.Serve.Tests.Telemetry;

public class GenerationRecordTests
{
    [Fact]
    public void Dispose_GenerationsOfACallThatEndTogether_AllCount()
    {
        const int Generations = 4;
        for (int round = 0; round < 200; round++)
        {
            using var span = new Activity("call");
            span.IsAllDataRequested = true;
            RequestRecord.Begin(span);
            using var together = new Barrier(Generations);

            // Threads of their own: those of the pool may not be so many at once.
            Thread[] threads = [.. Enumerable.Range(0, Generations).Select(i => new Thread(() => Generate(together)))];
            Array.ForEach(threads, t => t.Start());
            Array.ForEach(threads, t => t.Join());

            Assert.Equal(Generations * 3, span.GetTagItem("gen_ai.usage.output_tokens"));
            Assert.Equal(Generations, ((string[])span.GetTagItem("gen_ai.response.finish_reasons")!).Length);
            Assert.Equal(4 * Generations, span.Events.Count());
        }
    }

    private static void Generate(Barrier together)
    {
        GenerationRecord record = GenerationRecord.Start(
            new GenerationRequest { Id = "r", PromptTokenIds = [1], MaxTokens = 3 }, "model", TimeProvider.System)!;
        record.Generated(new TokenOutput { TokenIds = [1], Text = "t", Final = Summary });
        together.SignalAndWait();
        record.Dispose();
    }

    private static GenerationSummary Summary { get; } = new()
    {
        FinishReason = FinishReason.Length,
        PromptTokenCount = 1,
        GeneratedTokenCount = 3,
        QueueTime = TimeSpan.Zero,
        PrefillTime = TimeSpan.Zero,
        DecodeTime = TimeSpan.Zero,
    };
}
