using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Laser.Serve.V1;

namespace Laser.Serve.OpenAi;

/// <summary>Runs the prompts of one request side by side and gives their messages in the order they come.</summary>
internal static class PromptOutputs
{
    // A slow reader holds up its own request's prompts behind so many messages, nothing else.
    private const int Capacity = 64;

    /// <param name="requests">One for each prompt.</param>
    /// <param name="generate">Runs one; its errors that come before its first await stand before any message.</param>
    /// <param name="cancellationToken">Cancelling it, or not reading to the end, cancels them all.</param>
    public static async IAsyncEnumerable<PromptOutput> StreamAsync(
        IReadOnlyList<GenerateRequest> requests,
        Func<GenerateRequest, int, CancellationToken, IAsyncEnumerable<GenerateResponse>> generate,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var channel = Channel.CreateBounded<PromptOutput>(new BoundedChannelOptions(Capacity) { SingleReader = true });
        var failure = new TaskCompletionSource();
        Task[] pumps = [.. requests.Select((request, i) =>
            PumpAsync(i, generate(request, i, stop.Token), channel.Writer, failure, stop.Token))];
        Task all = CompleteAsync(pumps, channel.Writer);
        try
        {
            // What is refused at once is refused before the first message goes out, whichever prompt it is.
            if (failure.Task.IsFaulted)
            {
                await failure.Task;
            }

            await foreach (PromptOutput output in channel.Reader.ReadAllAsync(cancellationToken))
            {
                yield return output;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await all;
            _ = failure.Task.Exception; // seen, whether or not it was the reader's end
        }
    }

    private static async Task CompleteAsync(Task[] pumps, ChannelWriter<PromptOutput> writer)
    {
        await Task.WhenAll(pumps);
        writer.TryComplete();
    }

    private static async Task PumpAsync(
        int prompt,
        IAsyncEnumerable<GenerateResponse> responses,
        ChannelWriter<PromptOutput> writer,
        TaskCompletionSource failure,
        CancellationToken cancellationToken)
    {
        try
        {
            await foreach (GenerateResponse response in responses)
            {
                await writer.WriteAsync(new PromptOutput(prompt, response), cancellationToken);
            }
        }
        catch (Exception e)
        {
            // The first failure counts: it closes the channel, which fails the others.
            if (failure.TrySetException(e))
            {
                writer.TryComplete(e);
            }
        }
    }
}
