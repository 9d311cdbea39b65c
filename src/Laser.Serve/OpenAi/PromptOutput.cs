using Laser.Serve.V1;

namespace Laser.Serve.OpenAi;

/// <summary>A native message, and which of a request's prompts it belongs to.</summary>
internal readonly record struct PromptOutput(int Prompt, GenerateResponse Response);
