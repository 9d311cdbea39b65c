using Grpc.Core;
using Laser.Serve.V1;

namespace Laser.Client.Tests.Samples;

/// <summary>The README's code: a test compares the two, and others run it.</summary>
internal static class GenerationSamples
{
    public static async Task StreamTextAsync(LaserClient client)
    {
        // sample: stream text
        await foreach (string text in client.GenerateAsync("Once upon a time", request => request.MaxTokens = 100))
        {
            Console.Write(text);
        }
        // end
    }

    public static async Task<string> OnceAsync(LaserClient client)
    {
        // sample: in one piece
        string story = await client.GenerateOnceAsync("Once upon a time", request => request.MaxTokens = 100);
        // end
        return story;
    }

    public static async Task MessagesAsync(LaserClient client)
    {
        // sample: messages
        var request = new GenerateRequest
        {
            Prompt = "Once upon a time",
            MaxTokens = 100,
            Sampling = new SamplingParams { Temperature = 0.8f, TopP = 0.95f, Seed = 7 },
            Stop = new StopParams { Strings = { "The end" } },
        };
        await foreach (GenerateResponse message in client.GenerateAsync(request))
        {
            Console.Write(message.Text);
            if (message.Finish is { } finish)
            {
                Console.WriteLine($" [{finish.Reason}, {finish.Usage.GeneratedTokens} tokens]");
            }
        }
        // end
    }

    public static async Task<IEnumerable<string>> SeveralAnswersAsync(LaserClient client)
    {
        // sample: several answers
        var request = new GenerateRequest { Prompt = "The king said", MaxTokens = 40, N = 3 };
        var texts = new string[request.N];
        await foreach (GenerateResponse message in client.GenerateAsync(request))
        {
            texts[message.Index] += message.Text;
        }
        // end
        return texts;
    }

    public static async Task<string> StructuredOutputAsync(LaserClient client)
    {
        // sample: structured output
        const string Schema = """{ "type": "object", "properties": { "name": { "type": "string" } } }""";
        string json = await client.GenerateOnceAsync(
            "A hero, as JSON:", request => request.Constraint = new Constraint { JsonSchema = Schema });

        var yesOrNo = new Constraint { Choice = new Choices { Texts = { "yes", "no" } } };
        string answer = await client.GenerateOnceAsync(
            "Is the sky blue?", request => request.Constraint = yesOrNo);
        // end
        return $"{json}|{answer}";
    }

    public static async Task<bool> CancellationAsync(LaserClient client)
    {
        // sample: cancellation
        using var giveUp = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await foreach (string text in client.GenerateAsync("Once upon a time", cancellationToken: giveUp.Token))
            {
                Console.Write(text);
                if (text.Contains('.'))
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine(" ... that took too long.");
        }
        // end
        return giveUp.IsCancellationRequested;
    }

    public static async Task ErrorsAsync(LaserClient client, GenerateRequest request)
    {
        // sample: errors
        try
        {
            await client.GenerateOnceAsync(request);
        }
        catch (RpcException e)
        {
            LaserErrorDetails details = e.GetErrorDetails();
            Console.WriteLine($"{e.StatusCode} {details.Reason}, request {details.RequestId}: {e.Status.Detail}");
            foreach (var violation in details.FieldViolations)
            {
                Console.WriteLine($"  {violation.Field} {violation.Description}");
            }
        }
        // end
    }
}
