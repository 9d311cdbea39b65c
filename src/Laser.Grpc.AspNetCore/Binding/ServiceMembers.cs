using System.Diagnostics.CodeAnalysis;

namespace Laser.Grpc.AspNetCore.Binding;

/// <summary>What of a service type is reached by reflection, so that trimming keeps it.</summary>
internal static class ServiceMembers
{
    public const DynamicallyAccessedMemberTypes All =
        DynamicallyAccessedMemberTypes.PublicConstructors
        | DynamicallyAccessedMemberTypes.PublicMethods
        | DynamicallyAccessedMemberTypes.NonPublicMethods;
}
