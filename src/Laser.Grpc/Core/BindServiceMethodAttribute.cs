using System.Diagnostics.CodeAnalysis;

namespace Grpc.Core;

/// <summary>On a generated service base: where the code is that binds the service.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false, Inherited = true)]
public class BindServiceMethodAttribute : Attribute
{
    private const DynamicallyAccessedMemberTypes BindTypeMembers =
        DynamicallyAccessedMemberTypes.PublicMethods | DynamicallyAccessedMemberTypes.NonPublicMethods;

    /// <summary>Names the method.</summary>
    /// <param name="bindType">The type that has it.</param>
    /// <param name="bindMethodName">A static method that takes a <see cref="ServiceBinderBase"/> and a service.</param>
    public BindServiceMethodAttribute(
        [DynamicallyAccessedMembers(BindTypeMembers)] Type bindType, string bindMethodName)
    {
        BindType = bindType;
        BindMethodName = bindMethodName;
    }

    /// <summary>The type that has the method.</summary>
    [DynamicallyAccessedMembers(BindTypeMembers)]
    public Type BindType { get; }

    /// <summary>A static method that takes a <see cref="ServiceBinderBase"/> and a service.</summary>
    public string BindMethodName { get; }
}
