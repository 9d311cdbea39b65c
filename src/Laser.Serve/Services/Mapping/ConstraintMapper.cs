using Grpc.Core;
using Laser.Serve.Hosting;
using Laser.Serve.StructuredOutput;

namespace Laser.Serve.Services.Mapping;

/// <summary>The field <c>constraint</c> of a request.</summary>
internal static class ConstraintMapper
{
    /// <exception cref="RpcException">INVALID_ARGUMENT naming the field.</exception>
    public static TokenConstraint? Map(V1.Constraint? constraint, ServedModel model) => null;
}
