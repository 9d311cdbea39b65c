using Grpc.Core;
using Laser.Serve.V1;

namespace Laser.Client.Tests.Fakes;

internal sealed class FakeServerService : Laser.Serve.V1.Server.ServerBase
{
    public override Task<ServerInfo> GetServerInfo(GetServerInfoRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerInfo { Version = "1.2.3", BlockSize = 32 });

    public override Task<ServerLoad> GetLoad(GetLoadRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerLoad { State = ServerState.Serving, RunningSequences = 3 });
}
