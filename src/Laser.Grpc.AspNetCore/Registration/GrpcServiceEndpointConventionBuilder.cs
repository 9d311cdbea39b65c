namespace Microsoft.AspNetCore.Builder;

/// <summary>Applies conventions to all methods of a mapped service.</summary>
public sealed class GrpcServiceEndpointConventionBuilder : IEndpointConventionBuilder
{
    private readonly IReadOnlyList<IEndpointConventionBuilder> _methods;

    internal GrpcServiceEndpointConventionBuilder(IReadOnlyList<IEndpointConventionBuilder> methods)
    {
        _methods = methods;
    }

    /// <summary>Adds a convention.</summary>
    /// <param name="convention">Changes an endpoint while it is built.</param>
    public void Add(Action<EndpointBuilder> convention)
    {
        foreach (IEndpointConventionBuilder method in _methods)
        {
            method.Add(convention);
        }
    }

    /// <summary>Adds a convention that runs after all others.</summary>
    /// <param name="finallyConvention">Changes an endpoint while it is built.</param>
    public void Finally(Action<EndpointBuilder> finallyConvention)
    {
        foreach (IEndpointConventionBuilder method in _methods)
        {
            method.Finally(finallyConvention);
        }
    }
}
