using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Engine.Sequences;

/// <summary>Why a sequence is complete.</summary>
internal readonly record struct StopCause(FinishReason Reason, int? TokenId = null, string? String = null);
