using System.Runtime.CompilerServices;
using Laser.Serve.V1;

namespace Laser.Client.Calls;

/// <summary>Text in, text out: the requests and answers of the short overloads.</summary>
internal static class GeneratedText
{
    /// <exception cref="ArgumentException">The answer would not be one text.</exception>
    public static GenerateRequest Request(string prompt, Action<GenerateRequest>? configure)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        var request = new GenerateRequest { Prompt = prompt };
        configure?.Invoke(request);
        if (request.N > 1 || request.Output is { HasText: true, Text: false })
        {
            throw new ArgumentException(
                "Several sequences, or none of text, need the overload with a GenerateRequest.", nameof(configure));
        }

        return request;
    }

    public static async IAsyncEnumerable<string> Of(
        IAsyncEnumerable<GenerateResponse> messages, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (GenerateResponse message in messages.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (message.Text.Length > 0)
            {
                yield return message.Text;
            }
        }
    }
}
