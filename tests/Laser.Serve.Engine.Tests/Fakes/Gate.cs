namespace Laser.Serve.Engine.Tests.Fakes;

/// <summary>Holds a thread where a test wants it, and tells the test that it is there.</summary>
internal sealed class Gate : IDisposable
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _open = new();

    /// <summary>Done when a thread has come.</summary>
    public Task Reached => _reached.Task;

    /// <summary>Waits until the gate is open.</summary>
    public void Pass()
    {
        _reached.TrySetResult();
        _open.Wait();
    }

    public void Open() => _open.Set();

    public void Dispose() => _open.Dispose();
}
