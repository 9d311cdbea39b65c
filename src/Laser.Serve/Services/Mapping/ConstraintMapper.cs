using Grpc.Core;
using Laser.Serve.Hosting;
using Laser.Serve.StructuredOutput;
using Laser.Serve.V1;
using static Laser.Serve.Services.Mapping.FieldCheck;

namespace Laser.Serve.Services.Mapping;

/// <summary>The field <c>constraint</c> of a request.</summary>
internal static class ConstraintMapper
{
    private const string Field = "constraint";

    /// <summary>The constraint, compiled or found in the cache.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT naming the field.</exception>
    public static TokenConstraint? Map(Constraint? constraint, ServedModel model)
    {
        if (constraint is null)
        {
            return null;
        }

        ConstraintSpec spec = constraint.KindCase switch
        {
            Constraint.KindOneofCase.Choice => ConstraintSpec.Choice(constraint.Choice.Texts),
            Constraint.KindOneofCase.Regex => ConstraintSpec.Regex(constraint.Regex),
            Constraint.KindOneofCase.JsonSchema => ConstraintSpec.JsonSchema(constraint.JsonSchema),
            _ => throw Invalid(Field, "is empty: set choice, regex or json_schema"),
        };
        try
        {
            return model.Constraints.Compile(spec);
        }
        catch (ConstraintException e)
        {
            throw Invalid($"{Field}.{e.Kind}", $"cannot be used: {e.Message}");
        }
    }
}
