using System.Net.Http.Json;
using System.Text.Json;

namespace Laser.Serve.Benchmarks.Soak;

/// <summary>A call of OpenAI's completions; streamed where its number is even.</summary>
internal sealed class OpenAiCall(HttpClient http, SoakPlan plan)
{
    /// <summary>Runs to its end. The answer says how it ended, and what is wrong with that.</summary>
    public async Task<(string End, string? Violation)> RunAsync(CancellationToken limit)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(limit);
        if (plan.Departure == Departure.Cancels)
        {
            leaving.CancelAfter(plan.LeavesAfter);
        }

        try
        {
            return await SendAsync(plan.Request.Sampling.Seed % 2 == 0, leaving.Token);
        }
        catch (OperationCanceledException) when (!limit.IsCancellationRequested)
        {
            return ("cancelled", null);
        }
    }

    private async Task<(string End, string? Violation)> SendAsync(bool stream, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions")
        {
            Content = JsonContent.Create(new
            {
                prompt = plan.Request.Prompt,
                max_tokens = plan.Request.MaxTokens,
                seed = plan.Request.Sampling.Seed,
                stream,
            }),
        };
        using HttpResponseMessage response =
            await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        string body = await response.Content.ReadAsStringAsync(cancellationToken);
        int status = (int)response.StatusCode;
        return status switch
        {
            200 => ("200", IsComplete(body, stream) ? null : $"ends with {body[^Math.Min(body.Length, 200)..]}"),
            429 => ("429", null),
            _ => ($"{status}", body),
        };
    }

    private static bool IsComplete(string body, bool stream)
    {
        if (stream)
        {
            return body.Contains("\"finish_reason\":\"", StringComparison.Ordinal)
                && body.TrimEnd().EndsWith("data: [DONE]", StringComparison.Ordinal);
        }

        using JsonDocument document = JsonDocument.Parse(body);
        return document.RootElement.GetProperty("choices")[0].GetProperty("finish_reason").GetString() is "stop" or "length";
    }
}
