using Laser.Serve.Compute;

namespace Laser.Serve.Model.Weights;

/// <summary>A linear map: <c>y = x Weight^T + Bias</c>.</summary>
/// <param name="Weight"><c>[outputs, inputs]</c>.</param>
/// <param name="Bias"><c>[outputs]</c>, if there is one.</param>
public sealed record LinearWeights(HostTensor Weight, HostTensor? Bias = null);
