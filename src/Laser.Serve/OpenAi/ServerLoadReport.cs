using Laser.Serve.Engine;
using Laser.Serve.Hosting;

namespace Laser.Serve.OpenAi;

/// <summary>
/// The answer of <c>GET /v1/load</c>: <c>laser.serve.v1.Server.GetLoad</c> as JSON. Reads one snapshot; cheap enough to be
/// asked every second.
/// </summary>
internal sealed record ServerLoadReport
{
    // loading, serving, stalled, recovering, draining or failed.
    public required string State { get; init; }

    // Null while it loads.
    public string? Model { get; init; }

    public int RunningSequences { get; init; }

    public int MaxRunningSequences { get; init; }

    public int WaitingRequests { get; init; }

    public int UsedBlocks { get; init; }

    public int CachedBlocks { get; init; }

    public int TotalBlocks { get; init; }

    public long Steps { get; init; }

    public static ServerLoadReport From(ModelState state, ServerOptions options)
    {
        string current = state.Current.ToString().ToLowerInvariant();
        if (!state.Loaded.IsCompletedSuccessfully)
        {
            return new ServerLoadReport { State = current };
        }

        ServedModel model = state.Loaded.Result;
        EngineSnapshot snapshot = model.Engine.Snapshot;
        return new ServerLoadReport
        {
            State = current,
            Model = model.Name,
            RunningSequences = snapshot.RunningCount,
            MaxRunningSequences = options.MaxRunningSequences,
            WaitingRequests = snapshot.WaitingCount,
            UsedBlocks = snapshot.UsedBlockCount,
            CachedBlocks = snapshot.CachedBlockCount,
            TotalBlocks = snapshot.TotalBlockCount,
            Steps = snapshot.StepCount,
        };
    }
}
