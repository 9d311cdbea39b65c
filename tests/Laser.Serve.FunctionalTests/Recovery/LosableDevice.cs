using Laser.Serve.Compute;
using Laser.Serve.Hosting;

namespace Laser.Serve.FunctionalTests.Recovery;

/// <summary>Makes a server's backends; loses them, or is not to be had, as a test wants it.</summary>
internal sealed class LosableDevice : IDisposable
{
    private readonly ManualResetEventSlim _mayBeLost = new();
    private readonly ManualResetEventSlim _mayBeMade = new(initialState: true);
    private TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _stepsLeft;
    private int _tries;
    private int _made;
    private int _living;

    /// <summary>Done when the step at which it is to be lost has come.</summary>
    public Task Reached => _reached.Task;

    /// <summary>Thrown where a backend is asked for.</summary>
    public Exception? Refusal { get; set; }

    /// <summary>Times that a backend was asked for.</summary>
    public int TryCount => Volatile.Read(ref _tries);

    /// <summary>Backends that were made.</summary>
    public int MadeCount => Volatile.Read(ref _made);

    /// <summary>Backends that are not freed.</summary>
    public int LivingCount => Volatile.Read(ref _living);

    /// <summary>It will be lost at a step from now on, 1 is the next, after <see cref="Lose"/> was called.</summary>
    public void LoseAtStep(int step)
    {
        _reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _mayBeLost.Reset();
        Volatile.Write(ref _stepsLeft, step);
    }

    /// <summary>Loses it at the step that was set.</summary>
    public void Lose() => _mayBeLost.Set();

    /// <summary>Whoever asks for a backend waits until <see cref="Release"/>.</summary>
    public void Hold() => _mayBeMade.Reset();

    public void Release() => _mayBeMade.Set();

    public IBackend Create(ModelOptions options, string checkpoint)
    {
        Interlocked.Increment(ref _tries);
        _mayBeMade.Wait();
        if (Refusal is not null)
        {
            throw Refusal;
        }

        IBackend backend = BackendFactory.Create(options, checkpoint);
        Interlocked.Increment(ref _living);
        Interlocked.Increment(ref _made);
        return new LosableBackend(backend, this);
    }

    public void Dispose()
    {
        Lose();
        Release();
    }

    internal void Freed() => Interlocked.Decrement(ref _living);

    // On the engine's thread, which waits here.
    internal bool IsLostAtThisStep()
    {
        if (Volatile.Read(ref _stepsLeft) == 0 || Interlocked.Decrement(ref _stepsLeft) != 0)
        {
            return false;
        }

        _reached.TrySetResult();
        _mayBeLost.Wait();
        return true;
    }
}
