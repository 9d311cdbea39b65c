using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Laser.Serve.Engine.Balancing;
using Laser.Serve.Engine.Execution;
using Laser.Serve.Engine.Output;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sequences;
using Laser.Serve.Engine.Telemetry;
using Laser.Serve.Tokenization;
using Microsoft.Extensions.Logging;

namespace Laser.Serve.Engine;

/// <summary>
/// The door to the engine: checks requests, sends them to the engine thread and turns the tokens that come back into
/// text, on the thread of whoever reads.
/// </summary>
public sealed class InferenceEngine : IInferenceEngine, IAsyncDisposable
{
    private readonly ITokenizer _tokenizer;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly EngineMetrics _metrics;
    private readonly EngineLimits _limits;
    private readonly QueuePlaces _places;
    private readonly Func<EngineSnapshot> _observed;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Thread? _thread;
    private volatile bool _closed;

    /// <summary>Prepares an engine; <see cref="Start"/> lets it run.</summary>
    /// <param name="runner">
    /// The model. It stays the caller's, and is used until <see cref="DisposeAsync"/> is done.
    /// </param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="options">Limits.</param>
    /// <param name="logger">Log.</param>
    /// <param name="time">Clock of the timings.</param>
    /// <param name="metrics">Metrics.</param>
    /// <exception cref="ArgumentException">An option is wrong, or the runner was not made for it.</exception>
    public InferenceEngine(
        IModelRunner runner,
        ITokenizer tokenizer,
        EngineOptions options,
        ILogger<InferenceEngine> logger,
        TimeProvider time,
        EngineMetrics metrics)
    {
        _tokenizer = tokenizer;
        _logger = logger;
        _time = time;
        _metrics = metrics;
        _limits = EngineLimits.From(options, runner);
        _places = new QueuePlaces(_limits.MaxQueuedRequests, _limits.MaxQueuedPromptTokens);
        Loop = new EngineLoop(new GuardedRunner(runner), _limits, _places, logger, time, metrics);
        _observed = () => Snapshot;
        metrics.Observe(_limits.CacheLayout, _observed);
    }

    /// <summary>Most tokens, prompt and generated ones together, that a request can have.</summary>
    public int MaxSequenceLength => _limits.MaxSequenceLength;

    /// <summary>Most sequences that a request can ask for.</summary>
    public int MaxSequenceCount => _limits.MaxRunningSequences;

    /// <summary>The state after the last step.</summary>
    public EngineSnapshot Snapshot => Loop.Snapshot;

    /// <summary>Requests that wait, those included that the engine thread has not seen yet.</summary>
    public int WaitingCount => _places.TakenCount;

    /// <summary>Tokens of the prompts of these requests.</summary>
    public long WaitingPromptTokenCount => _places.TakenTokenCount;

    /// <summary>Ends when the engine has ended, as asked or by an error of its own (see the snapshot's status).</summary>
    public Task Ended => _ended.Task;

    /// <summary>The error that ended it, a lost device among them; to be read when it has <see cref="Ended"/>.</summary>
    public Exception? Failure => Loop.Failure;

    /// <summary>What it can take.</summary>
    internal EngineLimits Limits => _limits;

    /// <summary>What it has to do.</summary>
    internal EngineLoad Load => new(Snapshot.RunningCount + WaitingCount, WaitingPromptTokenCount);

    /// <summary>The loop, for tests and simulations, which step it by hand instead of <see cref="Start"/>.</summary>
    internal EngineLoop Loop { get; }

    /// <summary>
    /// Measures how long steps of the model take, for a second or little longer, so that prompts do not hold up running
    /// streams for more than <see cref="EngineOptions.TargetStepMilliseconds"/>; nothing if that is 0. To be called
    /// before <see cref="Start"/>, where it is wanted.
    /// </summary>
    public void Calibrate()
    {
        if (_thread is not null || _closed)
        {
            throw new InvalidOperationException("The engine was started or stopped before.");
        }

        if (_limits.TargetStep > TimeSpan.Zero)
        {
            Loop.Calibrate();
        }
    }

    /// <summary>Starts the engine thread. Requests that were made before wait for it.</summary>
    public void Start()
    {
        if (_thread is not null || _closed)
        {
            throw new InvalidOperationException("The engine was started or stopped before.");
        }

        EngineLog.EngineStarted(_logger, _limits);
        _thread = new Thread(RunLoop) { Name = "engine", IsBackground = true };
        _thread.UnsafeStart();
    }

    /// <inheritdoc />
    public IAsyncEnumerable<TokenOutput> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken) =>
        StreamAsync(request, stops => (this, Submit(request, stops)), cancellationToken);

    /// <summary>Takes no more requests, lets those it has come to their end and ends the engine.</summary>
    /// <param name="cancellationToken">Gives up waiting; the engine goes on until it is done or disposed.</param>
    public Task DrainAsync(CancellationToken cancellationToken) =>
        Close(EngineCommandKind.Drain).WaitAsync(cancellationToken);

    /// <summary>
    /// Ends the engine after the step in progress; requests that are not done fail, with
    /// <see cref="EngineError.Aborted"/> if they have tokens already and <see cref="EngineError.Draining"/> if not. Gauges
    /// show it no more.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await Close(EngineCommandKind.Abort).ConfigureAwait(false);
        _metrics.Forget(_observed);
    }

    /// <summary>A request from its submission, when the reader begins, to its last output.</summary>
    internal static async IAsyncEnumerable<TokenOutput> StreamAsync(
        GenerationRequest request,
        Func<StopStrings, (InferenceEngine Engine, SequenceGroup Group)> submit,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var stops = new StopStrings(request.StopStrings);
        (InferenceEngine engine, SequenceGroup group) = submit(stops);
        bool ended = false;
        try
        {
            var reader = new OutputReader(group, engine._tokenizer, stops);
            using var registration = cancellationToken.UnsafeRegister(_ => engine.Cancel(group), null);
            while (await reader.WaitAsync(cancellationToken).ConfigureAwait(false))
            {
                foreach (TokenOutput output in reader.Read())
                {
                    yield return output;
                }
            }

            ended = true;
            cancellationToken.ThrowIfCancellationRequested();
        }
        finally
        {
            if (!ended)
            {
                engine.Cancel(group);
            }
        }
    }

    /// <summary>Checks a request and sends it to the loop.</summary>
    /// <exception cref="ArgumentException">It is malformed.</exception>
    /// <exception cref="EngineException">It is refused.</exception>
    internal SequenceGroup Submit(GenerationRequest request, StopStrings stops) =>
        TrySubmit(request, stops, out SequenceGroup? group, out EngineException? refusal) ? group : throw Refuse(refusal);

    /// <summary>The same; a refusal is not counted before <see cref="Refuse"/> makes it one.</summary>
    /// <exception cref="ArgumentException">It is malformed.</exception>
    internal bool TrySubmit(
        GenerationRequest request,
        StopStrings stops,
        [NotNullWhen(true)] out SequenceGroup? group,
        [NotNullWhen(false)] out EngineException? refusal)
    {
        _limits.ThrowIfMalformed(request);
        group = null;
        int promptTokenCount = request.PromptTokenIds.Count;
        if (_limits.WhyTooLong(request) is string reason)
        {
            refusal = new EngineException(EngineError.PromptTooLong, reason);
        }
        else if (_closed)
        {
            refusal = new EngineException(EngineError.Draining, "The engine is stopping.");
        }
        else if (!_places.TryTake(promptTokenCount, out string? whyNot))
        {
            refusal = new EngineException(EngineError.Overloaded, whyNot);
        }
        else
        {
            request = _limits.PrefixCache ? request : request with { UsePrefixCache = false };
            group = new SequenceGroup(request, _tokenizer, stops, _limits.VocabularySize, _time);
            if (Loop.TrySend(new EngineCommand(EngineCommandKind.Submit, group)))
            {
                refusal = null;
                return true;
            }

            group = null;
            _places.Return(1, promptTokenCount);
            refusal = new EngineException(EngineError.Draining, "The engine has stopped.");
        }

        return false;
    }

    /// <summary>Counts a refusal, which is to be thrown.</summary>
    internal EngineException Refuse(EngineException refusal)
    {
        _metrics.RequestRefused(refusal.Error);
        return refusal;
    }

    /// <summary>Tells the loop that nobody reads a request any more.</summary>
    internal void Cancel(SequenceGroup group) => Loop.TrySend(new EngineCommand(EngineCommandKind.Cancel, group));

    private Task Close(EngineCommandKind how)
    {
        _closed = true;
        if (_thread is null)
        {
            Loop.End(failure: null);
            _ended.TrySetResult();
        }
        else
        {
            Loop.TrySend(new EngineCommand(how));
        }

        return _ended.Task;
    }

    private void RunLoop()
    {
        Loop.Run();
        _ended.TrySetResult();
    }
}
