using System.Diagnostics.Metrics;
using Laser.Serve.Engine.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Laser.Serve.FunctionalTests.Stall;

/// <summary>
/// Holds the engine of one server before the end of a step, or breaks it there: as a listener to its metrics it runs on
/// the engine's thread.
/// </summary>
internal sealed class StepHold : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _open = new();

    public StepHold(WebApplication app)
    {
        IMeterFactory factory = app.Services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == EngineMetrics.MeterName && instrument.Meter.Scope == factory
                && instrument.Name == "laser.step.duration")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((_, _, _, _) => Pass());
        _listener.Start();
    }

    /// <summary>Thrown instead of waiting.</summary>
    public Exception? Failure { get; init; }

    /// <summary>Done when a step is held.</summary>
    public Task Reached => _reached.Task;

    public void Open() => _open.Set();

    public void Dispose()
    {
        Open();
        _listener.Dispose();
    }

    private void Pass()
    {
        if (Failure is not null)
        {
            throw Failure;
        }

        _reached.TrySetResult();
        _open.Wait();
    }
}
