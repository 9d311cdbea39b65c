using Grpc.Core;
using Laser.Serve.V1;

namespace Laser.Cli.Bench;

/// <summary>Makes one Generate call.</summary>
/// <param name="request">The request.</param>
/// <param name="cancellationToken">Cancels the call.</param>
/// <exception cref="RpcException">The call failed or was cancelled.</exception>
internal delegate IAsyncEnumerable<GenerateResponse> GenerateCall(
    GenerateRequest request, CancellationToken cancellationToken);
