using Laser.Serve.Engine.Output;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sequences;

namespace Laser.Serve.Engine.Balancing;

/// <summary>
/// Engines of one model, on devices of their own, behind one door. A request goes as a whole to the engine with the least to
/// do, or, where others have hardly less, to the one that saw the beginning of its prompt. What one has no place for is
/// offered to the others. Tokens do not depend on where it goes.
/// </summary>
public sealed class EngineGroup : IInferenceEngine, IAsyncDisposable
{
    // Some ten thousand conversations; a few MB.
    private const int RememberedBeginnings = 65_536;

    private readonly Lock _lock = new();
    private readonly PrefixAffinity? _affinity;
    private readonly int _slack;
    private volatile InferenceEngine[] _engines;

    /// <param name="engines">One or more, with the same model and options.</param>
    public EngineGroup(params IReadOnlyList<InferenceEngine> engines)
    {
        _engines = [.. engines];
        EngineLimits limits = _engines[0].Limits;
        bool pays = _engines.Length > 1 && limits.PrefixCache;
        _affinity = pays ? new PrefixAffinity(limits.CacheLayout.BlockSize, RememberedBeginnings) : null;
        _slack = Math.Max(1, limits.MaxRunningSequences / 8);
    }

    /// <summary>The engines, those included that have ended and not been replaced.</summary>
    public IReadOnlyList<InferenceEngine> Engines => _engines;

    /// <summary>Most tokens, prompt and generated ones together, that a request can have.</summary>
    public int MaxSequenceLength => _engines.Min(static engine => engine.MaxSequenceLength);

    /// <summary>The state after the last steps, all engines together.</summary>
    public EngineSnapshot Snapshot =>
        _engines.Aggregate(default(EngineSnapshot), static (sum, engine) => sum.Plus(engine.Snapshot));

    /// <summary>Requests that wait, those included that no engine thread has seen yet.</summary>
    public int WaitingCount => _engines.Sum(static engine => engine.WaitingCount);

    /// <summary>Ends when all of them have ended.</summary>
    public Task Ended => Task.WhenAll(_engines.Select(static engine => engine.Ended));

    /// <inheritdoc />
    public IAsyncEnumerable<TokenOutput> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken) =>
        InferenceEngine.StreamAsync(request, stops => Submit(request, stops), cancellationToken);

    /// <summary>Takes no more requests, lets those there are come to their end and ends the engines.</summary>
    /// <param name="cancellationToken">Gives up waiting; engines go on until they are done or disposed.</param>
    public Task DrainAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_engines.Select(engine => engine.DrainAsync(cancellationToken)));

    /// <summary>Ends all engines after the steps in progress.</summary>
    public async ValueTask DisposeAsync() =>
        await Task.WhenAll(_engines.Select(static engine => engine.DisposeAsync().AsTask())).ConfigureAwait(false);

    /// <summary>Puts an engine in the place of one that has ended.</summary>
    public void Replace(int index, InferenceEngine engine)
    {
        lock (_lock)
        {
            InferenceEngine[] engines = [.. _engines];
            engines[index] = engine;
            _engines = engines;
        }
    }

    private (InferenceEngine Engine, SequenceGroup Group) Submit(GenerationRequest request, StopStrings stops)
    {
        InferenceEngine[] engines = _engines;
        int[] beginnings = _affinity?.BeginningsOf(request) ?? [];
        int[] order = Order(engines, _affinity?.Find(beginnings));
        EngineException? refusal = null;
        foreach (int index in order)
        {
            if (engines[index].TrySubmit(request, stops, out SequenceGroup? group, out EngineException? why))
            {
                _affinity?.Remember(beginnings, index);
                return (engines[index], group);
            }

            refusal ??= why;
        }

        throw engines[order[0]].Refuse(refusal!);
    }

    // The best first. An engine that has ended is asked only if all have, to say so.
    private int[] Order(InferenceEngine[] engines, int? wellKnown)
    {
        (int Index, EngineLoad Load)[] living =
        [
            .. engines.Select((engine, index) => (index, engine.Load))
                .Where(one => !engines[one.index].Ended.IsCompleted)
                .OrderBy(one => one.Load), // ties to the lowest index
        ];
        if (living.Length == 0)
        {
            return [0];
        }

        int most = living[0].Load.SequenceCount + _slack;
        return
        [
            .. living.OrderByDescending(one => one.Index == wellKnown && one.Load.SequenceCount <= most)
                .Select(one => one.Index),
        ];
    }
}
