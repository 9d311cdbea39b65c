using System.Runtime.CompilerServices;
using Grpc.Core;
using Laser.Serve.Hosting;
using Laser.Serve.Services;
using Laser.Serve.Telemetry;
using Laser.Serve.V1;

namespace Laser.Serve.OpenAi;

/// <summary><c>POST /v1/completions</c>: reads, translates, runs, and writes in one piece or as events.</summary>
internal sealed class CompletionsEndpoint(
    Generator generator, ModelState state, ServerOptions options, TimeProvider time)
{
    public async Task AnswerAsync(HttpContext context)
    {
        string name = RequestName.Of(context.Request);
        context.Response.Headers[RequestName.Header] = name;
        RequestRecord.Current?.Name(name);
        CompletionRequest request = CompletionRequestParser.Parse(
            await RequestBody.ReadAsync(context.Request, options.Limits.MaxMessageBytes));
        IReadOnlyList<GenerateRequest> natives = CompletionTranslation.Translate(request, name);
        ServedModel model = Require(request);
        var head = new Completion
        {
            Id = $"cmpl-{name}",
            Created = time.GetUtcNow().ToUnixTimeSeconds(),
            Model = model.Name,
            Choices = [],
        };
        var choices = new ChoiceTranslation(request, model.Tokenizer);
        IAsyncEnumerable<PromptOutput> outputs = PromptOutputs.StreamAsync(
            natives,
            (native, prompt, stop) => GenerateAsync(native, CompletionTranslation.Names(request, prompt), stop),
            context.RequestAborted);
        await (request.Stream == true
            ? StreamAsync(context, head, choices, outputs, request.StreamOptions?.IncludeUsage == true)
            : AnswerWholeAsync(context, head, choices, outputs));
    }

    private static async Task AnswerWholeAsync(
        HttpContext context, Completion head, ChoiceTranslation choices, IAsyncEnumerable<PromptOutput> outputs)
    {
        var whole = new WholeCompletion();
        var usage = new UsageCount();
        await foreach (PromptOutput output in outputs)
        {
            whole.Add(choices.Translate(output));
            usage.Add(output);
        }

        Completion completion = head with { Choices = whole.ToChoices(), Usage = usage.ToUsage() };
        await JsonAnswer.WriteAsync(context, completion, OpenAiJson.Default.Completion);
    }

    private static async Task StreamAsync(
        HttpContext context,
        Completion head,
        ChoiceTranslation choices,
        IAsyncEnumerable<PromptOutput> outputs,
        bool includeUsage)
    {
        using var events = new EventStream(context);
        var usage = new UsageCount();
        await foreach (PromptOutput output in outputs)
        {
            usage.Add(output);
            Completion piece = head with { Choices = [choices.Translate(output)] };
            await events.SendAsync(piece, OpenAiJson.Default.Completion);
        }

        if (includeUsage)
        {
            await events.SendAsync(head with { Usage = usage.ToUsage() }, OpenAiJson.Default.Completion);
        }

        await events.SendDoneAsync();
    }

    private ServedModel Require(CompletionRequest request)
    {
        try
        {
            return state.Require(request.Model ?? "");
        }
        catch (RpcException e)
        {
            throw RpcErrorTranslation.Translate(e, CompletionTranslation.Names(request, 0));
        }
    }

    private async IAsyncEnumerable<GenerateResponse> GenerateAsync(
        GenerateRequest request, ParameterNames names, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using IAsyncEnumerator<GenerateResponse> responses =
            generator.StreamAsync(request, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await MoveNextAsync(responses, names))
        {
            yield return responses.Current;
        }
    }

    private static async ValueTask<bool> MoveNextAsync(
        IAsyncEnumerator<GenerateResponse> responses, ParameterNames names)
    {
        try
        {
            return await responses.MoveNextAsync();
        }
        catch (RpcException e)
        {
            throw RpcErrorTranslation.Translate(e, names);
        }
    }
}
