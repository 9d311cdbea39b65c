using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sampling;

namespace Laser.Serve.Engine.Sequences;

/// <summary>
/// What the engine tells the reader of a request: a token of one of its sequences, or that one has ended.
/// </summary>
/// <param name="Index">Which sequence.</param>
/// <param name="Token">Its next token, unless it has ended.</param>
/// <param name="Summary">How it ended.</param>
internal readonly record struct SequenceOutput(int Index, SampledToken Token, GenerationSummary? Summary = null);
