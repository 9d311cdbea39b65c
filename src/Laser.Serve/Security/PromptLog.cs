using Laser.Serve.Engine.Requests;
using Laser.Serve.Hosting;
using Laser.Serve.V1;

namespace Laser.Serve.Security;

/// <summary>
/// The only place that writes what a client sent to a log, and only if <see cref="ServerOptions.LogPrompts"/> says so.
/// </summary>
internal sealed partial class PromptLog(ServerOptions options, ILogger<PromptLog> logger)
{
    public void Write(GenerateRequest request, GenerationRequest generation)
    {
        if (options.LogPrompts)
        {
            bool isText = request.InputCase == GenerateRequest.InputOneofCase.Prompt;
            LogPrompt(generation.Id, isText ? request.Prompt : string.Join(' ', generation.PromptTokenIds));
        }
    }

    [LoggerMessage(EventId = 14, Level = LogLevel.Information, Message = "Request {RequestId} has the prompt: {Prompt}")]
    private partial void LogPrompt(string requestId, string prompt);
}
