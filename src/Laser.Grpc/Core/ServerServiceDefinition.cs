namespace Grpc.Core;

/// <summary>The methods of a service together with their handlers.</summary>
public partial class ServerServiceDefinition
{
    private readonly IReadOnlyList<Action<ServiceBinderBase>> _methods;

    private ServerServiceDefinition(IReadOnlyList<Action<ServiceBinderBase>> methods)
    {
        _methods = methods;
    }

    /// <summary>Starts an empty definition.</summary>
    public static Builder CreateBuilder() => new();

    /// <summary>Hands every method to a binder.</summary>
    internal void BindService(ServiceBinderBase binder)
    {
        foreach (Action<ServiceBinderBase> addTo in _methods)
        {
            addTo(binder);
        }
    }
}
