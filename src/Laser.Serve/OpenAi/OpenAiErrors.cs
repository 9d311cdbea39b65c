namespace Laser.Serve.OpenAi;

/// <summary>What the caller sees when a request fails, whatever the reason and however far it got.</summary>
internal static partial class OpenAiErrors
{
    /// <summary>Answers a request, or says why not.</summary>
    public static async Task AnswerAsync(HttpContext context, RequestDelegate answer, ILogger logger)
    {
        try
        {
            await answer(context);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException
            && context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be told.
        }
        catch (OpenAiException e)
        {
            await TellAsync(context, e);
        }
        catch (BadHttpRequestException e)
        {
            await TellAsync(context, OpenAiException.Refuse(e.StatusCode, null, "bad_request", e.Message));
        }
        catch (Exception e)
        {
            LogFailed(logger, e, context.Request.Path);
            var error = new OpenAiError("The server failed; its log says why.", "server_error", null, "internal");
            await TellAsync(context, new OpenAiException(StatusCodes.Status500InternalServerError, error));
        }
    }

    // After the first event the status is out: the error is the last event, and the mark of completeness stays away.
    private static async Task TellAsync(HttpContext context, OpenAiException e)
    {
        if (!context.Response.HasStarted)
        {
            await JsonAnswer.WriteErrorAsync(context, e);
            return;
        }

        using var events = new EventStream(context);
        await events.SendAsync(new OpenAiErrorBody(e.Error), OpenAiJson.Default.OpenAiErrorBody);
    }

    [LoggerMessage(EventId = 6, Level = LogLevel.Error, Message = "{Path} failed")]
    private static partial void LogFailed(ILogger logger, Exception exception, string path);
}
