using Grpc.Core;
using Laser.Serve.Engine;
using Laser.Serve.Hosting;
using Laser.Serve.V1;

namespace Laser.Serve.Services;

/// <summary>Tells about the server itself, also while there is no model.</summary>
internal sealed class ServerService(ModelState state, ServerOptions options, ServerClock clock) : V1.Server.ServerBase
{
    /// <inheritdoc />
    public override Task<ServerInfo> GetServerInfo(GetServerInfoRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerInfo
        {
            Version = ServerClock.Version,
            StartTime = clock.StartTime.ToUnixTimeMilliseconds() / 1000.0,
            MaxRunningSequences = (uint)options.MaxRunningSequences,
            MaxTokensPerStep = (uint)options.Engine.MaxTokensPerStep,
            MaxQueuedRequests = (uint)options.MaxQueuedRequests,
            BlockSize = (uint)options.Engine.BlockSize,
            MaxRequestBytes = (ulong)options.Limits.MaxMessageBytes,
            DrainSeconds = (uint)options.DrainSeconds,
        });

    /// <inheritdoc />
    public override Task<ServerLoad> GetLoad(GetLoadRequest request, ServerCallContext context)
    {
        var load = new ServerLoad
        {
            State = state.Current switch
            {
                ServingState.Loading => ServerState.Loading,
                ServingState.Serving => ServerState.Serving,
                ServingState.Stalled => ServerState.Stalled,
                ServingState.Recovering => ServerState.Recovering,
                ServingState.Draining => ServerState.Draining,
                _ => ServerState.Failed,
            },
        };
        if (state.Loaded.IsCompletedSuccessfully)
        {
            EngineSnapshot snapshot = state.Loaded.Result.Engine.Snapshot;
            load.RunningSequences = (uint)snapshot.RunningCount;
            load.WaitingRequests = (uint)snapshot.WaitingCount;
            load.UsedBlocks = (uint)snapshot.UsedBlockCount;
            load.CachedBlocks = (uint)snapshot.CachedBlockCount;
            load.TotalBlocks = (uint)snapshot.TotalBlockCount;
            load.Steps = (ulong)snapshot.StepCount;
        }

        return Task.FromResult(load);
    }
}
