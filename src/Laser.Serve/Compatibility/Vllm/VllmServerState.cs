using System.Globalization;
using Grpc.Core;
using Laser.Serve.Engine;
using Laser.Serve.Hosting;
using Laser.Serve.Protocol.Vllm;

namespace Laser.Serve.Compatibility.Vllm;

/// <summary>The server itself as a gateway wants to know it.</summary>
internal sealed class VllmServerState(ModelState state, ServerOptions options, RunningCalls calls, TimeProvider time)
{
    // The protocol's name for itself, by which a gateway tells it from others.
    private const string ServerType = "vllm-grpc";

    private readonly long _start = time.GetTimestamp();

    /// <summary>The model, also while the server drains.</summary>
    /// <exception cref="RpcException">UNAVAILABLE while it loads.</exception>
    public ServedModel RequireLoaded() =>
        state.Loaded.IsCompletedSuccessfully ? state.Loaded.Result : state.Require("");

    public HealthCheckResponse Health()
    {
        ServingState current = state.Current;
        return new HealthCheckResponse
        {
            Healthy = current == ServingState.Serving,
            Message = current switch
            {
                ServingState.Loading => "The model is still loading.",
                ServingState.Serving => "Serving.",
                ServingState.Stalled => "No step of the engine completes.",
                ServingState.Recovering => "The device was lost; the model is loaded again.",
                ServingState.Draining => "The server is shutting down.",
                _ => "The model cannot be loaded, or the engine has failed.",
            },
        };
    }

    public GetServerInfoResponse Info()
    {
        EngineSnapshot snapshot = state.Loaded.IsCompletedSuccessfully ? state.Loaded.Result.Engine.Snapshot : default;
        return new GetServerInfoResponse
        {
            ActiveRequests = (uint)(snapshot.RunningCount + snapshot.WaitingCount),
            LastReceiveTimestamp = calls.LastStart,
            UptimeSeconds = time.GetElapsedTime(_start).TotalSeconds,
            ServerType = ServerType,
            DataParallelSize = 1, // of several devices one is chosen here, not by the gateway
        };
    }

    public GetLoadsResponse Loads(GetLoadsRequest request)
    {
        ServedModel model = RequireLoaded();
        var response = new GetLoadsResponse
        {
            Timestamp = time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
            Version = ServerClock.Version,
            DpRankCount = 1,
        };
        if (!request.HasDpRank || request.DpRank == 0)
        {
            response.Loads.Add(Load(model));
        }

        return response;
    }

    private SchedulerLoad Load(ServedModel model)
    {
        EngineSnapshot snapshot = model.Engine.Snapshot;
        int blockSize = model.CacheLayout.BlockSize;
        return new SchedulerLoad
        {
            NumRunningReqs = snapshot.RunningCount,
            NumWaitingReqs = snapshot.WaitingCount,
            NumTotalReqs = snapshot.RunningCount + snapshot.WaitingCount,
            NumUsedTokens = snapshot.UsedBlockCount * blockSize,
            MaxTotalNumTokens = snapshot.TotalBlockCount * blockSize,
            TokenUsage = (double)snapshot.UsedBlockCount / Math.Max(1, snapshot.TotalBlockCount),
            Utilization = (double)snapshot.RunningCount / options.MaxRunningSequences,
            MaxRunningRequests = options.MaxRunningSequences,
        };
    }
}
