using System.Diagnostics;
using Grpc.Core;
using Laser.Client;
using Laser.Serve.V1;
using Spectre.Console;

namespace Laser.Cli.Commands;

/// <summary>
/// Prints a stream as it comes, the text on the standard output and a line of figures on the standard error.
/// </summary>
internal static class StreamedText
{
    /// <summary>What a shell gives a program that Ctrl-C ends.</summary>
    public const int CancelledExitCode = 130;

    /// <returns>
    /// The exit code: 0, 1 after an error that has been printed, or <see cref="CancelledExitCode"/>.
    /// </returns>
    public static async Task<int> PrintAsync(
        LaserClient client, GenerateRequest request, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        TimeSpan? firstToken = null;
        Finish? finish = null;
        try
        {
            await foreach (GenerateResponse response in client.GenerateAsync(request, cancellationToken))
            {
                if (firstToken is null)
                {
                    firstToken = Stopwatch.GetElapsedTime(start);
                    Console.Write(request.Prompt);
                }

                Console.Write(response.Text);
                finish = response.Finish ?? finish;
            }

            Console.WriteLine();
            PrintFigures(finish, firstToken, Stopwatch.GetElapsedTime(start));
            return 0;
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine();
            return CancelledExitCode;
        }
        catch (RpcException e)
        {
            if (firstToken is not null)
            {
                Console.WriteLine();
            }

            await Console.Error.WriteLineAsync($"{e.StatusCode}: {e.Status.Detail}");
            return 1;
        }
    }

    private static void PrintFigures(Finish? finish, TimeSpan? firstToken, TimeSpan total)
    {
        if (finish is null || firstToken is not { } first)
        {
            return;
        }

        uint tokens = finish.Usage.GeneratedTokens;
        double rate = tokens > 1 ? (tokens - 1) / (total - first).TotalSeconds : 0;
        string ended = finish.Reason == FinishReason.Length ? "token limit" : "end of text";
        string figures = $"{finish.Usage.PromptTokens} prompt tokens, {tokens} generated ({ended}); "
            + $"first token after {first.TotalMilliseconds:0} ms, then {rate:0} tokens/s; seed {finish.Seed}";
        StandardError.Console.MarkupLineInterpolated($"[grey]{figures}[/]");
    }
}
