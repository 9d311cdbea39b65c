using System.CommandLine;
using Laser.Serve.Engine;
using Laser.Serve.Simulation.Costs;
using Laser.Serve.Simulation.Running;

namespace Laser.Cli.Commands;

/// <summary>
/// The options of <c>laser simulate</c> that say what a server is like. Their defaults are the server's.
/// </summary>
internal sealed class EngineOptionSet
{
    private static readonly EngineOptions Defaults = new();

    private readonly Option<int> _maxRunning = Number(
        "--max-running", "Sequences that run at one time.", Defaults.MaxRunningSequences);

    private readonly Option<int> _stepTokens = Number("--step-tokens", "Tokens of a step.", Defaults.MaxTokensPerStep);

    private readonly Option<int> _queue = Number("--queue", "Requests that may wait.", Defaults.MaxQueuedRequests);

    private readonly Option<int> _queueTokens = Number(
        "--queue-tokens", "Prompt tokens that may wait.", Defaults.MaxQueuedPromptTokens);

    private readonly Option<int> _skipAhead = Number(
        "--skip-ahead", "Seconds for which others go ahead of what does not fit.", Defaults.SkipAheadSeconds);

    private readonly Option<AdmissionMode> _admission = new("--admission")
    {
        Description = "What a request must find free: Reserve or Optimistic.",
    };

    private readonly Option<int> _blockSize = Number("--block-size", "Tokens of a cache block.", Defaults.BlockSize);

    private readonly Option<bool> _noPrefixCache = new("--no-prefix-cache")
    {
        Description = "Keeps nothing for requests that begin with the same tokens.",
    };

    private readonly Option<long?> _cacheTokens = new("--cache-tokens")
    {
        Description = "Tokens that fit the cache (default: those of the server that was measured).",
    };

    private readonly Option<int?> _context = new("--context")
    {
        Description = "Longest sequence (default: that of the model that was measured).",
    };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])
            [
                _maxRunning, _stepTokens, _queue, _queueTokens, _skipAhead, _admission, _blockSize, _noPrefixCache,
                _cacheTokens, _context,
            ])
        {
            command.Add(option);
        }
    }

    /// <summary>The engine's own options.</summary>
    public EngineOptions Read(ParseResult result) => new()
    {
        MaxRunningSequences = result.GetValue(_maxRunning),
        MaxTokensPerStep = result.GetValue(_stepTokens),
        MaxQueuedRequests = result.GetValue(_queue),
        MaxQueuedPromptTokens = result.GetValue(_queueTokens),
        SkipAheadSeconds = result.GetValue(_skipAhead),
        Admission = result.GetValue(_admission),
        BlockSize = result.GetValue(_blockSize),
        PrefixCache = !result.GetValue(_noPrefixCache),
    };

    /// <summary>A server with these options and the costs of a file.</summary>
    public ReplicaOptions Read(ParseResult result, CostFile file) => new()
    {
        Cost = file.Cost,
        Engine = Read(result),
        ContextLength = result.GetValue(_context) ?? file.ContextLength,
        CacheTokens = result.GetValue(_cacheTokens) ?? file.CacheTokens,
    };

    private static Option<int> Number(string name, string description, int standard) =>
        new(name) { Description = description, DefaultValueFactory = _ => standard };
}
