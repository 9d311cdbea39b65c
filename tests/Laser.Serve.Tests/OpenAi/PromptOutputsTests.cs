using System.Runtime.CompilerServices;
using Laser.Serve.OpenAi;
using Laser.Serve.V1;

namespace Laser.Serve.Tests.OpenAi;

public class PromptOutputsTests
{
    private static readonly GenerateRequest[] Three = [new(), new(), new()];

    [Fact]
    public async Task Stream_SeveralPrompts_GivesTheMessagesOfAllInTheirOrder()
    {
        List<PromptOutput> outputs = [];
        await foreach (PromptOutput output in PromptOutputs.StreamAsync(Three, (_, i, _) => Count(i, 100), default))
        {
            outputs.Add(output);
        }

        Assert.Equal(300, outputs.Count);
        Assert.All(Enumerable.Range(0, 3), prompt => Assert.Equal(
            Enumerable.Range(0, 100).Select(k => $"{prompt}.{k}"),
            outputs.Where(o => o.Prompt == prompt).Select(o => o.Response.Text)));
    }

    [Fact]
    public async Task Stream_LastPromptRefused_SaysSoBeforeAnyMessage()
    {
        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (PromptOutput output in PromptOutputs.StreamAsync(
                Three, (_, i, _) => i == 2 ? Refuse() : Count(i, 100), default))
            {
                Assert.Fail($"A message of prompt {output.Prompt} came first.");
            }
        });

        Assert.Equal("refused", e.Message);
    }

    [Fact]
    public async Task Stream_OneFails_CancelsTheOthers()
    {
        var cancelled = new TaskCompletionSource();

        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (PromptOutput _ in PromptOutputs.StreamAsync(
                Three, (_, i, stop) => i == 1 ? FailLater() : WaitForEver(cancelled, stop), default))
            {
            }
        });

        await cancelled.Task;
    }

    [Fact]
    public async Task Stream_ReaderLeaves_CancelsAll()
    {
        var cancelled = new TaskCompletionSource();

        await foreach (PromptOutput _ in PromptOutputs.StreamAsync(
            Three, (_, _, stop) => WaitForEver(cancelled, stop), default))
        {
            break;
        }

        Assert.True(cancelled.Task.IsCompleted);
    }

    [Fact]
    public async Task Stream_Cancelled_EndsWithIt()
    {
        using var cancel = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (PromptOutput _ in PromptOutputs.StreamAsync(
                Three, (_, _, stop) => WaitForEver(new TaskCompletionSource(), stop), cancel.Token))
            {
                await cancel.CancelAsync();
            }
        });
    }

    private static async IAsyncEnumerable<GenerateResponse> Count(int prompt, int count)
    {
        for (int k = 0; k < count; k++)
        {
            await Task.Yield();
            yield return new GenerateResponse { Text = $"{prompt}.{k}" };
        }
    }

    private static async IAsyncEnumerable<GenerateResponse> WaitForEver(
        TaskCompletionSource cancelled, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new GenerateResponse();
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            cancelled.TrySetResult();
        }
    }

    private static async IAsyncEnumerable<GenerateResponse> FailLater()
    {
        await Task.Yield();
        yield return new GenerateResponse();
        throw new InvalidOperationException("failed");
    }

    private static async IAsyncEnumerable<GenerateResponse> Refuse()
    {
        await Task.CompletedTask;
        if (Three.Length > 0)
        {
            throw new InvalidOperationException("refused");
        }

        yield break;
    }
}
