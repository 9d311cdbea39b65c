using Laser.Serve.Engine;

namespace Laser.Serve.Hosting;

/// <summary>A running engine and the model on its device, which is freed with it.</summary>
/// <param name="device">The one that it runs on.</param>
/// <param name="engine">The engine.</param>
/// <param name="model">What it runs.</param>
internal sealed class LoadedEngine(ModelOptions device, InferenceEngine engine, RunnableModel model) : IAsyncDisposable
{
    public ModelOptions Device { get; } = device;

    public InferenceEngine Engine { get; } = engine;

    public RunnableModel Model { get; } = model;

    /// <summary>Ends the engine and frees weights and cache; what is lost with its device is free already.</summary>
    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        Model.Dispose();
    }
}
